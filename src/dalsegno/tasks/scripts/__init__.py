"""Scripts in a shell, in Python and in node: processes of this machine that work in a folder of their own.

`base` runs them, `files` puts files into the folder and stores what comes out, `messages` hears what they say,
`environments` makes the environments that Python scripts ask for. `helper` holds what Python scripts can import; nothing
here imports that.
"""
