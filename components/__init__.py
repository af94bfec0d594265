"""What a stack declares: typed settings and one component resource a file."""
