#include <algorithm>
#include <cctype>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

constexpr std::size_t kFileLinesMax = 400;
constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kFunctionLinesMax = 70;

// Position of `word` as a whole word at or after `from`, npos when there is none.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) {
  while (true) {
    const std::size_t at = text.find(word, from);
    if (at == std::string_view::npos) return at;
    const bool starts = at == 0 || !is_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (starts && (end == text.size() || !is_word(text[end]))) return at;
    from = end;
  }
}

bool has_word(std::string_view text, std::string_view word) {
  return find_word(text, word) != std::string_view::npos;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

char last_visible(std::string_view text) {
  const std::size_t at = text.find_last_not_of(" \t\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

// Preprocessor lines made blank: a macro's parentheses are not a declaration.
std::string without_directives(std::string code) {
  bool inside = false;
  std::size_t at = 0;
  while (at < code.size()) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    const std::string_view line(code.data() + at, end - at);
    const std::size_t first = line.find_first_not_of(' ');
    const bool directive = inside || (first != std::string_view::npos && line[first] == '#');
    inside = directive && last_visible(line) == '\\';
    if (directive)
      std::fill(code.begin() + static_cast<long>(at), code.begin() + static_cast<long>(end), ' ');
    at = end + 1;
  }
  return code;
}

// Skips "template <class T>": its keywords say nothing about what follows.
std::string_view without_template_header(std::string_view head) {
  const std::size_t word = find_word(head, "template");
  if (word == std::string_view::npos) return head;
  int depth = 0;
  for (std::size_t i = word; i < head.size(); ++i) {
    if (head[i] == '<') ++depth;
    if (head[i] == '>' && --depth == 0) return head.substr(i + 1);
  }
  return head;
}

// Is the brace after `head` (everything since the last ; { or }) the body of a function?
bool opens_function(std::string_view head) {
  head = without_template_header(head);
  if (last_visible(head) == '=' || head.find('(') == std::string_view::npos) return false;
  for (std::string_view container : {"namespace", "class", "struct", "union", "enum"})
    if (find_word(head, container) < head.find('(')) return false;
  return true;
}

bool is_deleted_function(std::string_view line, std::size_t at) {
  return last_visible(line.substr(0, at)) == '=';
}

// Literal suffixes have no other way in; main() cannot lie in the namespace of its program.
bool may_use_namespace(const SourceFile& file, std::string_view line) {
  if (is_header(file)) return false;
  return line.find("literals") != std::string_view::npos ||
         (file.path.ends_with("main.cpp") && line.find(" melisai::") != std::string_view::npos);
}

// "TODO(topic) ... #12" is allowed; anything else that says the word is not.
bool is_tracked(std::string_view comment) {
  const std::size_t number = comment.find('#');
  return comment.find("TODO(") != std::string_view::npos && number != std::string_view::npos &&
         number + 1 < comment.size() &&
         std::isdigit(static_cast<unsigned char>(comment[number + 1])) != 0;
}

}  // namespace

Findings check_header_start(const SourceFile& file) {
  Findings findings;
  if (!is_header(file)) return findings;
  if (!file.text.starts_with("//"))
    findings.push_back(finding(file, 1, "a header starts with a comment that says what it is"));
  const Views views = split_views(file.text);
  const std::size_t first = views.code.find_first_not_of(" \n");
  if (first == std::string::npos ||
      !std::string_view(views.code).substr(first).starts_with("#pragma once"))
    findings.push_back(finding(file, 1, "#pragma once must come first after the comment"));
  return findings;
}

Findings check_layout(const SourceFile& file) {
  Findings findings;
  const auto lines = lines_of(file.text);
  if (lines.size() > kFileLinesMax)
    findings.push_back(finding(file, kFileLinesMax + 1, "more than 400 lines; split the file"));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (code_points(lines[i]) > kColumnsMax)
      findings.push_back(finding(file, i + 1, "more than 100 columns"));
    if (lines[i].find('\t') != std::string_view::npos)
      findings.push_back(finding(file, i + 1, "tab"));
    if (!lines[i].empty() && (lines[i].back() == ' ' || lines[i].back() == '\r'))
      findings.push_back(finding(file, i + 1, "blank at the end of the line"));
  }
  if (file.text.empty() || file.text.back() != '\n')
    findings.push_back(finding(file, lines.size() + 1, "no newline at the end of the file"));
  return findings;
}

Findings check_function_length(const SourceFile& file) {
  Findings findings;
  const std::string code = without_directives(split_views(file.text).code);
  std::vector<bool> blocks;  // open braces; true: inside a function (only the outermost one counts)
  std::size_t head = 0;      // where the text before the next brace starts
  std::size_t first_line = 0;
  std::size_t line = 1;
  std::size_t head_line = 0;  // line of the first visible character since `head`, 0: none yet
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '\n') ++line;
    if (head_line == 0 && c != ' ' && c != '\n') head_line = line;
    if (c == '{') {
      const bool inside = !blocks.empty() && blocks.back();
      const bool function =
          !inside && opens_function(std::string_view(code).substr(head, i - head));
      if (function) first_line = head_line;
      blocks.push_back(inside || function);
    } else if (c == '}' && !blocks.empty()) {
      const bool inside = blocks.back();
      blocks.pop_back();
      const bool outermost = inside && (blocks.empty() || !blocks.back());
      if (outermost && line - first_line + 1 > kFunctionLinesMax)
        findings.push_back(finding(file, first_line, "function of more than 70 lines"));
    }
    if (c == '{' || c == '}' || c == ';') {
      head = i + 1;
      head_line = 0;
    }
  }
  return findings;
}

Findings check_language(const SourceFile& file) {
  Findings findings;
  const Views views = split_views(file.text);
  const auto code = lines_of(views.code);
  const auto comments = lines_of(views.comments);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto report = [&](const std::string& what) {
      findings.push_back(finding(file, i + 1, what));
    };
    const std::string_view line = code[i];
    const bool directive =
        line.substr(0, line.find('#')).find_first_not_of(' ') == std::string_view::npos;
    if (has_word(line, "using") && has_word(line, "namespace") && !may_use_namespace(file, line))
      report("using namespace");
    // Tests may: it is the engine of Google Benchmark's filters, and so the judge of ours.
    const bool product = !file.path.starts_with("tests/");
    if (product && (line.find("std::regex") != std::string_view::npos ||
                    line.find("<regex>") != std::string_view::npos))
      report("std::regex is slow to compile and to run");
    if (!directive && has_word(line, "new"))
      report("new; use a value, std::make_unique or a container");
    for (std::size_t at = find_word(line, "delete"); at != std::string_view::npos;
         at = find_word(line, "delete", at + 1))
      if (!is_deleted_function(line, at)) report("delete; give the object an owner");
    for (std::string_view word : {"TODO", "FIXME", "XXX"})
      if (has_word(comments[i], word) && !is_tracked(comments[i]))
        report(std::string(word) + " without topic and issue number: TODO(topic) #12");
  }
  return findings;
}

}  // namespace melisai::tidy
