#include "core/git/gitmodules.h"

#include <strings.h>

#include <cctype>

namespace melisai::git {
namespace {

struct Section {
  std::string path;
  std::string url;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

bool is_key(std::string_view text, std::string_view name) {
  return text.size() == name.size() && strncasecmp(text.data(), name.data(), name.size()) == 0;
}

/// Undoes git's quoting: "a # b", \" and \\; what follows # or ; outside quotes is a comment. False
/// for a broken value.
bool unquote(std::string_view raw, std::string& value) {
  bool quoted = false;
  size_t kept = 0;  // up to here the value does not end in unquoted blanks
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '"') {
      quoted = !quoted;
      kept = value.size();
      continue;
    }
    if (!quoted && (c == '#' || c == ';')) break;
    if (c == '\\') {
      if (++i == raw.size()) return false;
      c = raw[i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
      if (c != '"' && c != '\\' && c != '\n' && c != '\t') return false;
    }
    value += c;
    if (quoted || c != ' ') kept = value.size();
  }
  value.resize(kept);
  return !quoted;
}

/// "[submodule "name"]" starts a section of ours; other sections are passed over. False when there
/// is no closing bracket.
bool is_header(std::string_view line, bool& is_submodule) {
  is_submodule = line.size() > 10 && strncasecmp(line.data(), "[submodule", 10) == 0;
  return line.ends_with(']');
}

}  // namespace

Result<std::map<std::string, std::string>> parse_gitmodules(std::string_view text) {
  std::map<std::string, std::string> urls;
  Section section;
  bool in_submodule = false;
  const auto finish_section = [&] {
    if (in_submodule && !section.path.empty() && !section.url.empty())
      urls[section.path] = section.url;
    section = {};
  };
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const Error broken{
        Errc::git, ".gitmodules:" + std::to_string(number) + ": not a section or `key = value`"};
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      finish_section();
      if (!is_header(line, in_submodule)) return broken;
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      continue;  // a key alone means "true" in git; neither of ours is a flag
    std::string value;
    if (!unquote(trim(line.substr(equals + 1)), value)) return broken;
    const std::string_view key = trim(line.substr(0, equals));
    if (is_key(key, "path")) section.path = value;
    if (is_key(key, "url")) section.url = value;
  }
  finish_section();
  return urls;
}

}  // namespace melisai::git
