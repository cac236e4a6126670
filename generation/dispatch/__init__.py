"""Work for the GPU: who works on which shoot, on what, for how long."""
