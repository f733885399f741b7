"""What runs inside the sandbox: a few files of the standard library only, copied in for each job."""
