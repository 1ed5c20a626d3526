#include "tests/tidy/source.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace melisai::tidy {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

// Where the token that starts at `at` ends (one past it), for the four things that hide code.
std::size_t end_of_line_comment(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

std::size_t end_of_block_comment(std::string_view text, std::size_t at) {
  const std::size_t close = text.find("*/", at + 2);
  return close == std::string_view::npos ? text.size() : close + 2;
}

std::size_t end_of_raw_string(std::string_view text, std::size_t quote) {
  const std::size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const std::size_t at = text.find(close, open);
  return at == std::string_view::npos ? text.size() : at + close.size();
}

std::size_t end_of_literal(std::string_view text, std::size_t quote) {
  std::size_t at = quote + 1;
  while (at < text.size() && text[at] != text[quote] && text[at] != '\n')
    at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

}  // namespace

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

Findings& operator+=(Findings& all, Findings more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return all;
}

std::string finding(const SourceFile& file, std::size_t line, const std::string& what) {
  return file.path + ":" + std::to_string(line) + ": " + what;
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_header(const SourceFile& file) {
  return file.path.ends_with(".h") || file.path.ends_with(".hpp");
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Views split_views(std::string_view text) {
  Views views;
  views.code.assign(text.size(), ' ');
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') views.code[i] = '\n';
  views.comments = views.code;

  std::size_t at = 0;
  const auto copy_to = [&](std::string& view, std::size_t end) {
    for (; at < end; ++at) view[at] = text[at];
  };
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const char before = at == 0 ? ' ' : text[at - 1];
    if (rest.starts_with("//")) {
      copy_to(views.comments, end_of_line_comment(text, at));
    } else if (rest.starts_with("/*")) {
      copy_to(views.comments, end_of_block_comment(text, at));
    } else if (rest[0] == '"' || (rest[0] == '\'' && !is_word(before))) {
      // A quote after a letter or digit separates digits (10'000); after R it opens a raw string.
      const bool raw = rest[0] == '"' && before == 'R';
      const std::size_t end = raw ? end_of_raw_string(text, at) : end_of_literal(text, at);
      views.code[at] = text[at];
      if (end - 1 > at) views.code[end - 1] = text[end - 1];
      at = end;
    } else {
      copy_to(views.code, at + 1);
    }
  }
  return views;
}

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  const Views views = split_views(file.text);
  const auto code_lines = lines_of(views.code);
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // The directive must be code; its quoted name is a literal there, so it is read from the text.
    std::string_view code = trimmed(code_lines[i]);
    if (!code.starts_with('#') || !trimmed(code.substr(1)).starts_with("include")) continue;
    const std::size_t open = lines[i].find_first_of("<\"", lines[i].find("include"));
    if (open == std::string_view::npos) continue;
    const bool angled = lines[i][open] == '<';
    const std::size_t close = lines[i].find(angled ? '>' : '"', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({std::string(lines[i].substr(open + 1, close - open - 1)), angled, i + 1});
  }
  return includes;
}

}  // namespace melisai::tidy
