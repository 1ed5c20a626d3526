// Names of what the kernel tells by number: system calls and disks.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "plugins/common/proc.h"
#include "plugins/ebpf/report.h"

namespace melisai::plugins::ebpf {
namespace {

namespace fs = std::filesystem;

struct NumberedCall {
  std::uint32_t number;
  std::string_view name;
};
// From the C library's headers, when this was built.
constexpr NumberedCall kCalls[] = {
#include <ebpf_syscalls.inc>
};

std::string numbers_of(std::uint32_t device) {
  return std::to_string(device >> 20) + ":" + std::to_string(device & 0xfffff);
}

fs::path target_of(std::uint32_t device, const std::string& sys_root) {
  std::error_code error;
  return fs::canonical(sys_root + "/dev/block/" + numbers_of(device), error);
}

}  // namespace

std::string syscall_name(std::uint32_t number) {
  const auto* found = std::find_if(std::begin(kCalls), std::end(kCalls),
                                   [&](const NumberedCall& call) { return call.number == number; });
  if (found != std::end(kCalls)) return std::string(found->name);
  return "syscall_" + std::to_string(number);
}

std::string disk_name(std::uint32_t device, const std::string& sys_root) {
  const std::string name = target_of(device, sys_root).filename().string();
  return name.empty() ? numbers_of(device) : name;
}

std::string disk_kind(std::uint32_t device, const std::string& sys_root) {
  const std::string directory = target_of(device, sys_root).string();
  for (const char* bus : {"/virtio", "/vmbus", "/xen", "/virtual/"})
    if (directory.find(bus) != std::string::npos) return "";
  for (const char* below : {"/queue/rotational", "/../queue/rotational"})  // a disk, a partition
    if (const auto rotational = read_count(directory + below)) return *rotational ? "_hdd" : "_ssd";
  return "";
}

}  // namespace melisai::plugins::ebpf
