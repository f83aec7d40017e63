"""Models in replicas on the hosts of a Ray cluster: from a server, by a process of its own, to Ray Serve.

`executor` is the server's side and knows no Ray. It starts `bridge`, a process that is a node's driver: Ray
ends its drivers when the cluster goes, and that must not be the server. The bridge hands a run to a
`replica`, a pool of models like a server's own, on whichever host Ray Serve finds for it; `parcels` takes the
files there and back.
"""
