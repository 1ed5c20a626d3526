#include "core/host/targets.h"

#include <charconv>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/base/units.h"

namespace melisai::host {
namespace {

namespace fs = std::filesystem;

constexpr Bytes kProcFileMax = 64 << 10;

std::string text_of(const std::string& file) {
  const Result<std::string> text = read_file(file, kProcFileMax);
  return text ? *text : "";
}

std::optional<std::int64_t> count_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  std::int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || count < 0) return std::nullopt;
  return count;
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string root_or(const std::string& root, const char* live) {
  return root.empty() ? live : root;
}

bool is_cgroup_directory(const std::string& path) { return is_there(path + "/cgroup.procs"); }

std::string cgroup_mount(const CollectRequest& request) {
  return root_or(request.sys_root, "/sys") + "/fs/cgroup";
}

/// `cgroup` is a directory below the mount, or the path that processes have for one: that is below
/// the mount too, with version 1 below one of the hierarchies in it.
bool is_cgroup(const CollectRequest& request, const std::string& cgroup) {
  const std::string mount = cgroup_mount(request);
  if ((cgroup + "/").starts_with(mount + "/")) return is_cgroup_directory(cgroup);
  if (is_cgroup_directory(mount)) return is_cgroup_directory(mount + cgroup);  // version 2
  std::error_code error;
  for (fs::directory_iterator hierarchy(mount, error), end; !error && hierarchy != end;
       hierarchy.increment(error)) {
    if (is_cgroup_directory(hierarchy->path().native() + cgroup)) return true;
  }
  return false;
}

}  // namespace

bool is_process(const CollectRequest& request, std::int64_t pid) {
  return is_there(root_or(request.proc_root, "/proc") + "/" + std::to_string(pid) + "/stat");
}

Result<void> check_targets(const CollectRequest& request) {
  for (const std::int64_t pid : request.pids) {
    if (!is_process(request, pid))
      return Error{Errc::usage, "--pid: there is no process " + std::to_string(pid) +
                                    "; `ps -e` lists those that there are"};
  }
  for (const std::string& cgroup : request.cgroups) {
    if (!is_cgroup(request, cgroup))
      return Error{Errc::usage, "--cgroup: there is no cgroup " + in_quotes(cgroup) +
                                    "; name its directory below " + cgroup_mount(request) +
                                    ", or its path as /proc/PID/cgroup has it"};
  }
  return {};
}

ProcessFacts facts_of(const CollectRequest& request, std::int64_t pid) {
  const std::string directory = root_or(request.proc_root, "/proc") + "/" + std::to_string(pid);
  ProcessFacts facts;
  facts.name = text_of(directory + "/comm");
  while (facts.name.ends_with('\n')) facts.name.pop_back();
  const std::string io = "\n" + text_of(directory + "/io");
  facts.read_bytes = count_after(io, "\nread_bytes: ");
  facts.write_bytes = count_after(io, "\nwrite_bytes: ");
  return facts;
}

std::vector<std::string> gone_targets(const CollectRequest& request) {
  std::vector<std::string> sentences;
  for (const std::int64_t pid : request.pids) {
    if (!is_process(request, pid))
      sentences.push_back("process " + std::to_string(pid) + " ended before the window did");
  }
  for (const std::string& cgroup : request.cgroups) {
    if (!is_cgroup(request, cgroup))
      sentences.push_back("cgroup " + in_quotes(cgroup) + " was removed before the window ended");
  }
  return sentences;
}

}  // namespace melisai::host
