"""From a picture and a prompt to a moving clip: `reelmesh.video.v1`."""
