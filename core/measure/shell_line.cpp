#include "core/measure/shell_line.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace melisai::measure {
namespace {

// Builtins and reserved words of POSIX shells: no program, or another one than the shell's own.
constexpr std::string_view kNotPrograms[] = {
    ".",        ":",      "[",       "alias", "bg",     "break", "case", "cd",       "command",
    "continue", "do",     "done",    "echo",  "elif",   "else",  "esac", "eval",     "exec",
    "exit",     "export", "false",   "fc",    "fg",     "fi",    "for",  "getopts",  "hash",
    "if",       "jobs",   "kill",    "local", "printf", "pwd",   "read", "readonly", "return",
    "set",      "shift",  "test",    "then",  "time",   "times", "trap", "true",     "type",
    "ulimit",   "umask",  "unalias", "unset", "until",  "wait",  "while"};

constexpr std::string_view kWordCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";

}  // namespace

std::string first_word(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  const std::string word = line.substr(begin, end - begin);
  return word.find_first_not_of(kWordCharacters) == std::string::npos ? word : "";
}

std::string replace_shell(const std::string& line) {
  // Quoted operators are refused too: a missed chance, never a changed meaning.
  if (line.find_first_of(";&|(){}`\n#!") != std::string::npos) return line;
  const std::string program = first_word(line);
  const bool is_program =
      !program.empty() && std::find(std::begin(kNotPrograms), std::end(kNotPrograms), program) ==
                              std::end(kNotPrograms);
  return is_program ? "exec " + line : line;
}

}  // namespace melisai::measure
