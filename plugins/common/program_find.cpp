#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <optional>
#include <system_error>

#include "plugins/common/program.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kNameSizeMax = 255;
constexpr std::size_t kFirstLineMax = 255;  // what the kernel looks at, before Linux 5.1 at half

std::string system_text(int error) { return std::generic_category().message(error); }

std::string path_of_fd(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// Where the file is now, links resolved; "" when /proc does not say.
std::string resolved_path(const Descriptor& file) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = readlink(path_of_fd(file.get()).c_str(), text.data(), text.size());
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::string mode_digits(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777u);
  return text.data();
}

// "" when only those whom we trust can change it.
std::string change_problem(const std::string& path, const struct stat& info, uid_t owner) {
  if (info.st_uid != 0 && info.st_uid != owner)
    return path + " belongs to user " + std::to_string(info.st_uid) + "; run: chown root " + path;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return path + " is writable by group or others (mode " + mode_digits(info.st_mode) +
           "); run: chmod go-w " + path;
  return "";
}

// From the directory that holds the program up to the root: who can write to one of them can put
// something else in the place of what is below. By "..", so that no name is looked up twice.
std::string chain_problem(Descriptor directory, uid_t owner) {
  for (bool holds_program = true;; holds_program = false) {
    struct stat info {};
    if (fstat(directory.get(), &info) != 0) return "a directory above it cannot be read";
    // In a sticky directory nobody can replace what others own, and what is below was checked.
    if (!holds_program && (info.st_mode & S_ISVTX) != 0) info.st_mode &= ~mode_t{S_IWGRP | S_IWOTH};
    std::string problem = change_problem(resolved_path(directory), info, owner);
    if (!problem.empty()) return problem;
    Descriptor above(openat(directory.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat above_info {};
    if (fstat(above.get(), &above_info) != 0) return "a directory above it cannot be read";
    if (same_file(info, above_info)) return "";
    directory = std::move(above);
  }
}

bool is_allowed(const struct stat& directory, const ProgramRules& rules) {
  return std::any_of(rules.directories.begin(), rules.directories.end(), [&](const auto& allowed) {
    struct stat info {};
    return stat(allowed.c_str(), &info) == 0 && same_file(info, directory);
  });
}

std::string directory_list(const ProgramRules& rules) {
  std::string text;
  for (const std::string& directory : rules.directories)
    text += (text.empty() ? "" : ", ") + directory;
  return text;
}

// The directory of `path`, checked, with that very `file` in it.
std::string place_problem(const std::string& path, const struct stat& file,
                          const ProgramRules& rules) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "cannot say where it is; is /proc mounted?";
  const std::string parent = path.substr(0, std::max<std::size_t>(slash, 1));
  Descriptor directory(open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (fstat(directory.get(), &info) != 0) return "cannot read " + parent;
  if (!is_allowed(info, rules))
    return path + " is not in a directory for programs (" + directory_list(rules) + ")";
  struct stat entry {};
  if (fstatat(directory.get(), path.c_str() + slash + 1, &entry, AT_SYMLINK_NOFOLLOW) != 0 ||
      !same_file(entry, file))
    return path + " was replaced while it was checked; try again";
  return chain_problem(std::move(directory), rules.owner);
}

struct Checked {
  std::string problem;
  std::string path;
  Descriptor file;
};

Checked refused_for(std::string problem) { return {std::move(problem), "", Descriptor()}; }

// A link may lead through any directory: whoever redirects it reaches other programs of the
// system, and nothing else.
std::optional<Checked> open_checked(const std::string& path, const ProgramRules& rules) {
  Checked checked;
  checked.path = path;
  // O_PATH: opening a FIFO or a device must do nothing to it.
  checked.file = Descriptor(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!checked.file.valid() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct stat info {};
  if (!checked.file.valid() || fstat(checked.file.get(), &info) != 0) {
    checked.problem = "cannot open " + path + ": " + system_text(errno);
    return checked;
  }
  checked.path = resolved_path(checked.file);
  if (!S_ISREG(info.st_mode)) {
    checked.problem = path + " is not a regular file";
  } else if ((info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
    checked.problem = checked.path + " is not executable; run: chmod a+x " + checked.path;
  } else {
    checked.problem = change_problem(checked.path, info, rules.owner);
    if (checked.problem.empty()) checked.problem = place_problem(checked.path, info, rules);
  }
  return checked;
}

// The words after "#!", of which the kernel makes two at most; nothing for any other file.
struct FirstLine {
  std::vector<std::string> words;
  std::string problem;
};
std::optional<FirstLine> first_line(const Descriptor& script) {
  std::array<char, kFirstLineMax> start{};
  const ssize_t size = pread(script.get(), start.data(), start.size(), 0);
  std::string_view text(start.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!text.starts_with("#!")) return std::nullopt;
  const std::size_t end = text.find('\n');
  FirstLine line;
  if (end == std::string_view::npos && text.size() == kFirstLineMax) {
    line.problem = "has a first line of more than " + std::to_string(kFirstLineMax) + " bytes";
    return line;
  }
  text = text.substr(2, end == std::string_view::npos ? end : end - 2);
  constexpr std::string_view kSpaces = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
  const std::size_t program_end = std::min(text.find_first_of(kSpaces), text.size());
  line.words.emplace_back(text.substr(0, program_end));
  text.remove_prefix(program_end);
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  if (!text.empty()) line.words.emplace_back(text);
  return line;
}

bool is_name(std::string_view text) {
  static constexpr std::string_view kOthers = "._+-@";
  return !text.empty() && text.size() <= kNameSizeMax && text.front() != '-' && text != "." &&
         text != ".." && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

Checked look_up(std::string_view name, const ProgramRules& rules) {
  Checked refused;
  for (const std::string& directory : rules.directories) {
    if (!directory.starts_with('/')) continue;  // would depend on where we are
    auto checked = open_checked(directory + "/" + std::string(name), rules);
    if (!checked) continue;
    if (checked->problem.empty()) return *std::move(checked);
    if (refused.problem.empty()) refused.problem = checked->problem;
  }
  if (refused.problem.empty())
    refused.problem = "cannot find " + std::string(name) + " in " + directory_list(rules) +
                      "; install the package that has it";
  return refused;
}

Checked find_interpreter(std::vector<std::string>& words, const ProgramRules& rules) {
  if (words[0] == "/usr/bin/env" || words[0] == "/bin/env") {
    if (words.size() != 2 || !is_name(words[1]))
      return refused_for("it asks env for more than one plain name");
    words.erase(words.begin());
    return look_up(words[0], rules);
  }
  if (!words[0].starts_with('/')) return refused_for("it names no absolute path");
  auto checked = open_checked(words[0], rules);
  return checked ? *std::move(checked) : refused_for(words[0] + " does not exist");
}

// Leaves a program that is no script as it is.
std::string prepare_script(FoundProgram& program, const ProgramRules& rules) {
  Descriptor readable(open(path_of_fd(program.file.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable.valid()) return "";  // may be executed but not read, so it is no script
  auto line = first_line(readable);
  if (!line) return "";
  if (!line->problem.empty()) return program.path + " " + line->problem;
  Checked interpreter = find_interpreter(line->words, rules);
  if (!interpreter.problem.empty())
    return "the script " + program.path + " cannot be read: " + interpreter.problem;
  const Descriptor start(open(path_of_fd(interpreter.file.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (first_line(start)) return "the interpreter of " + program.path + " is a script itself";
  program.file = std::move(readable);
  program.interpreter = std::move(interpreter.file);
  program.interpreter_words = std::move(line->words);
  return "";
}

}  // namespace

FoundProgram find_program(std::string_view name, const ProgramRules& rules) {
  FoundProgram program;
  program.name = name;
  if (!is_name(name)) {
    program.reason = "a program is named by letters, digits and . _ + - @, without a path";
    return program;
  }
  Checked checked = look_up(name, rules);
  program.reason = std::move(checked.problem);
  program.path = std::move(checked.path);
  program.file = std::move(checked.file);
  if (program.found()) program.reason = prepare_script(program, rules);
  return program;
}

}  // namespace melisai::plugins
