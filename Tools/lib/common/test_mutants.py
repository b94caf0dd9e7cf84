"""That the mutants are faults of the code as it is, and how they are put in."""

import os
import tempfile
import unittest

from common import mutants
from common.processes import Failure
from fuzz import mutants as fuzzed
from simulation import mutants as simulated

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def write(root, name, text):
    os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
    with open(os.path.join(root, name), "w") as file:
        file.write(text)


def read(root, name):
    with open(os.path.join(root, name)) as file:
        return file.read()


class MutantTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root, self.copy = os.path.join(directory.name, "root"), os.path.join(directory.name, "copy")

    def make_package(self, code):
        write(self.root, "Package.swift", "package")
        write(self.root, "Sources/Module/File.swift", code)
        for name in ("Tests", "Tools"):
            os.makedirs(os.path.join(self.root, name), exist_ok=True)

    def test_each_is_a_fault_of_the_code_as_it_is(self):
        for faults in (fuzzed.ALL, simulated.ALL):
            copy = mutants.package(ROOT, self.copy, faults)
            for mutant in faults:
                self.assertIn(f'faultThatIsOn == "{mutant.name}"', read(copy, f"Sources/{mutant.file}"))

    def test_names_are_told_apart(self):
        names = fuzzed.NAMES + simulated.NAMES
        self.assertEqual(len(set(names)), len(names))

    def test_only_the_copy_is_changed_and_a_switch_is_put_beside(self):
        self.make_package("limit + 1; SECTION")
        mutants.package(self.root, self.copy, [mutants.Mutant("off-by-one", "", "Module/File.swift",
                                                              "limit + 1", "limit + (ON ? 0 : 1)")])
        self.assertEqual(read(self.root, "Sources/Module/File.swift"), "limit + 1; SECTION")
        self.assertEqual(read(self.copy, "Sources/Module/File.swift"),
                         'limit + (faultThatIsOn == "off-by-one" ? 0 : 1); SECTION')
        self.assertIn(mutants.VARIABLE, read(self.copy, "Sources/Module/Mutants.swift"))

    def test_a_fault_may_be_of_several_pieces(self):
        self.make_package("first; second")
        mutants.package(self.root, self.copy, [mutants.Mutant("m", "", "Module/File.swift", "first", "ON",
                                                              others=(("second", "!(ON)"),))])
        self.assertEqual(read(self.copy, "Sources/Module/File.swift"),
                         'faultThatIsOn == "m"; !(faultThatIsOn == "m")')

    def test_code_that_is_not_there_once_is_refused(self):
        for code in ("", "limit; limit"):
            with self.subTest(code=code), self.assertRaises(Failure):
                self.make_package(code)
                mutants.package(self.root, self.copy, [mutants.Mutant("m", "", "Module/File.swift", "limit", "ON")])


if __name__ == "__main__":
    unittest.main()
