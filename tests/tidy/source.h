// A source file as the rules of the style guide see it: its text, the text without comments and
// literals, its comments. Pure functions over strings, so that every rule is tested without files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace melisai::tidy {

struct SourceFile {
  std::string path;  ///< relative to the root of the repository, with '/'
  std::string text;
};

/// Broken rules as "path:line: what is wrong".
using Findings = std::vector<std::string>;

Findings& operator+=(Findings& all, Findings more);
std::string finding(const SourceFile& file, std::size_t line, const std::string& what);

bool is_word(char c);  ///< may be part of an identifier
bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes);
bool is_header(const SourceFile& file);

std::vector<std::string_view> lines_of(std::string_view text);

/// C++ text split in two of the same length and with the same newlines: everything that is not part
/// of a view is a space.
struct Views {
  std::string code;  ///< without comments; string and character literals keep their quotes but lose
                     ///< their content
  std::string comments;  ///< comments only
};
Views split_views(std::string_view text);

struct Include {
  std::string target;
  bool angled = false;  ///< <...>, not "..."
  std::size_t line = 0;
};
std::vector<Include> includes_of(const SourceFile& file);

}  // namespace melisai::tidy
