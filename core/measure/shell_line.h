// Shell lines as benchmarks. Debian's sh stays around as the parent of the command that it runs,
// which hides how the command was scheduled and adds the shell's own cost to it.
#pragma once

#include <string>

namespace melisai::measure {

/// `exec LINE` when the line is one simple command of a program, so that the shell becomes it; else
/// the line as it is. Redirections and expansions are the shell's work and stay; anything with a
/// list, pipe, group, assignment, builtin or keyword is left alone.
std::string replace_shell(const std::string& line);

/// The program that a shell line starts with: its first word; "" when that is an assignment, a
/// quotation or an expansion.
std::string first_word(const std::string& line);

}  // namespace melisai::measure
