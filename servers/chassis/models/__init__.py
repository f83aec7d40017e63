"""The pool of models: which device runs what, whose memory holds what, a worker process for each device."""
