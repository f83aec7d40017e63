"""Media for servers: what a file is, ffmpeg as a confined process, fonts, and a camera over pictures."""
