"""From a prompt to pictures: `reelmesh.imagegen.v1`."""
