"""Python that nobody vouches for, run where it can reach nothing.

`sandbox.PythonSandbox` is the way in. `launch` and what it imports start in a bare interpreter
outside, `inside/` runs in the sandbox: both use the standard library only, and this file imports
nothing for their sake.
"""
