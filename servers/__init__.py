"""The mesh: one folder a server, and the chassis that all of them stand on."""
