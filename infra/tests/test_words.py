"""The word check reads the text that people read: documents, comments and strings."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lint"))

import words

# In two parts, because the check reads this file too.
PHRASE = "no" + "body"
QUESTION = "Wh" + "at"


class Words(unittest.TestCase):
    def lines(self, path: str, source: str) -> list[int]:
        return [int(finding.split(":")[1]) for finding in words.findings(path, source)]

    def test_comments_and_strings_of_rust_are_read_and_names_are_not(self) -> None:
        source = [
            f"fn {PHRASE}<'a>(c: char) {{",
            f"    // {PHRASE}",
            '    let text = "a \\" quote, and',
            f'        {PHRASE}";',
            f'    let raw = r#"a " quote: {PHRASE}"#;',
            f"    let quote = '\"'; {PHRASE}(quote);",
            f"    /* {PHRASE} */",
            "}",
        ]
        self.assertEqual(self.lines("a.rs", "\n".join(source)), [2, 4, 5, 7])

    def test_comments_and_strings_of_python_are_read_and_names_are_not(self) -> None:
        source = [f"{PHRASE} = 1  # {PHRASE}", 'text = """', f'{PHRASE}"""']
        self.assertEqual(self.lines("a.py", "\n".join(source)), [1, 3])

    def test_a_document_is_read_whole_except_the_examples_of_contributing(self) -> None:
        source = f"# Contributing\n\n## Words\n\n{PHRASE}\n\n## Tests\n\n{PHRASE}\n"
        self.assertEqual(self.lines("CONTRIBUTING.md", source), [9])
        self.assertEqual(self.lines("README.md", source), [5, 9])

    def test_a_sentence_does_not_begin_with_a_question_word(self) -> None:
        source = f"/// {QUESTION} it returned.\nstruct A;\n// A note: {QUESTION} is left.\n"
        self.assertEqual(self.lines("a.rs", source), [1, 3])
        self.assertEqual(self.lines("a.rs", "/// The status of a call.\n"), [])


if __name__ == "__main__":
    unittest.main()
