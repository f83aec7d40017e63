"""Finding and starting a mesh on this machine."""

from reelmesh.mesh.local import local_mesh

__all__ = ["local_mesh"]
