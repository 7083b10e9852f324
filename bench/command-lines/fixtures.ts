import { execFileSync } from 'node:child_process';

/** Files that the scripts work on, by name. Archives are made by Python, byte for byte the same each time. */
const python = (code: string): Buffer => execFileSync('python3', ['-I', '-c', code], { maxBuffer: 2 ** 20 });

const text = {
  'x.json': '{"b": 1, "a": [1, 2.50, {"c": null}], "name": "Zoë"}\n',
  'bad.json': '{"b": }\n',
  'rows.json': '[{"name": "Ann", "age": 31, "at": {"city": "Rome"}}, {"name": "Bo", "at": {"city": "Oslo"}}]\n',
  'words.txt': "To be, or not to be: that's the question.\nIt is good, and it isn't bad.\n",
  'other.txt': "To be, or not to see: that's the question.\nIt is good.\nMore.\n",
  'notes.md':
    '# Notes\n\nThe first sentence is about *trees*. Trees are tall. A [link](https://example.org/).\n\n- one\n- two\n',
  'small.py': 'import textwrap\n\n\ndef double(n):\n    """Doubles."""\n    return n * 2\n\n\nprint(double(21))\n',
  'plain.py': 'total = 0\nfor n in range(3):\n    total += n\nprint(total)\n',
  'old.py': 'print "a"\n',
  'doc.py': 'def double(n):\n    """\n    >>> double(2)\n    4\n    """\n    return n * 2\n',
  'test_small.py':
    'import unittest\n\n\nclass Small(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n',
  'app/main.py': 'def go():\n    print("app")\n',
  'qp.txt': 'caf=C3=A9 =3D 1\n',
  't.csv': 'name,city,age\nAnn,Rome,31\nBo,Oslo,28\nCy,Rome,45\n',
  'gaps.csv': 'name,age\nAnn,31\nBo,\nCy,45\n',
  'dates.csv': 'id,when\n1,03/04/2025\n2,2025-05-06\n3,soon\n',
  'phones.csv': 'name,phone\nAnn,(415) 555-2671\nBo,+44 20 7946 0958\n',
  'a.log': '2026-01-01 10:00:00 INFO started\n2026-01-01 10:00:05 ERROR broke\n',
  'b.log': '2026-01-01 10:00:02 INFO other\n',
  'one/a.txt': 'same text\n',
  'two/a.txt': 'same text\n',
  'two/b.txt': 'more\n',
  'odd/My File.txt': 'x\n',
} as const;

const bytes = {
  'data.gz': python('import gzip,sys;sys.stdout.buffer.write(gzip.compress(b"hello\\n"*9,mtime=0))'),
  'data.pickle': python('import pickle,sys;sys.stdout.buffer.write(pickle.dumps({"a":[1,2],"b":None}))'),
  'a.zip': python(
    'import zipfile,io,sys\nb=io.BytesIO()\nwith zipfile.ZipFile(b,"w") as z:\n  z.writestr(zipfile.ZipInfo("in/a.txt"),"A")\n  z.writestr(zipfile.ZipInfo("b.txt"),"BB")\nsys.stdout.buffer.write(b.getvalue())',
  ),
  'a.tar': python(
    'import tarfile,io,sys\nb=io.BytesIO()\nwith tarfile.open(fileobj=b,mode="w") as t:\n  i=tarfile.TarInfo("in/a.txt"); i.size=1; t.addfile(i,io.BytesIO(b"A"))\nsys.stdout.buffer.write(b.getvalue())',
  ),
  'dot.png': Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
};

type Name = keyof typeof text | keyof typeof bytes;
export const fixtures = Object.fromEntries(
  Object.entries({ ...text, ...bytes }).map(([name, content]) => [name, Buffer.from(content as string)]),
) as Record<Name, Buffer>;
