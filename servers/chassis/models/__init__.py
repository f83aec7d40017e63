"""Running models: which device runs what, whose memory holds what, a worker process for each device.

Engines ask an `executor.Executor`: the `pool` of this host, or `replicas` on others.
"""
