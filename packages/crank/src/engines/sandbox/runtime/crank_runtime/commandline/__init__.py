"""Scripts whose interface is their command line: how they are recognised, described and run.

At deployment the script runs, in the process that describes it, up to the point where it hands its command line to a
parser; the parser's options become typed parameters (`inspecting`, `from_*`). What it takes to make a command line of
such parameters is a plan of plain JSON (`command`), which the gateway keeps with the operation and hands back with every
call (`words`, `running`): a call runs the script as it stands, with nothing of it replaced.
"""
