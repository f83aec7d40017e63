"""Pictures from diffusion models: any text-to-image pipeline that diffusers loads."""
