#include "core/collect/discovery.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <set>

#include "core/base/result.h"
#include "core/base/text.h"

namespace melisai::collect {
namespace {

constexpr std::string_view kPluginSuffix = ".so";

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDirectory> entries(opendir(directory.c_str()));
  if (entries == nullptr) return names;
  while (const dirent* entry = readdir(entries.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Whoever can write a file, or replace it in its directory, decides what runs as our user.
std::string too_open(const std::string& path, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return path + " belongs to user " + std::to_string(status.st_uid) +
           "; a collector and its directory belong to root or to the user who runs the gate";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return path + " can be written by group or others; run: chmod go-w " + path;
  return "";
}

// Nothing for what is not meant as a collector.
std::optional<Candidate> candidate_of(const std::string& directory, const std::string& name) {
  Candidate candidate{.file = directory + "/" + name, .name = name};
  struct stat status {};
  if (stat(candidate.file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  candidate.program = !name.ends_with(kPluginSuffix);
  if (candidate.program && (status.st_mode & S_IXUSR) == 0) return {};
  if (!candidate.program) candidate.name.resize(name.size() - kPluginSuffix.size());
  struct stat link {};
  if (lstat(candidate.file.c_str(), &link) != 0) return {};
  candidate.refused = S_ISLNK(link.st_mode)
                          ? candidate.file + " is a symbolic link; put the file itself there"
                          : too_open(candidate.file, status);
  return candidate;
}

std::string why_unreadable(const std::string& directory) {
  if (access(directory.c_str(), R_OK | X_OK) == 0 || errno == ENOENT) return "";
  return error_from_errno(errno, "cannot look for collectors in " + directory).message;
}

std::vector<Candidate> discover_in(const std::string& directory) {
  std::vector<Candidate> candidates;
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return candidates;
  if (const std::string reason = why_unreadable(directory); !reason.empty())
    return {{.file = directory, .name = printable(directory), .refused = reason}};
  const std::string open_directory = too_open(directory, status);
  for (const std::string& name : names_in(directory)) {
    std::optional<Candidate> candidate = candidate_of(directory, name);
    if (!candidate) continue;
    if (candidate->refused.empty()) candidate->refused = open_directory;
    candidate->name = printable(candidate->name);
    candidate->refused = printable(candidate->refused);
    candidates.push_back(std::move(*candidate));
  }
  return candidates;
}

}  // namespace

std::vector<Candidate> discover(const std::vector<std::string>& directories, int candidates_max) {
  std::vector<Candidate> found;
  std::set<std::string> seen;
  for (const std::string& directory : directories) {
    if (!seen.insert(directory).second) continue;
    for (Candidate& candidate : discover_in(directory)) found.push_back(std::move(candidate));
  }
  const std::size_t most = static_cast<std::size_t>(std::max(candidates_max, 0));
  if (found.size() > most) {
    Candidate rest = found[most];
    rest.refused = std::to_string(found.size() - most) + " of the files, from " + rest.name +
                   " on, passed over: at most " + std::to_string(most) +
                   " collectors (collect.collectors_max) are started";
    found.resize(most);
    found.push_back(std::move(rest));
  }
  return found;
}

}  // namespace melisai::collect
