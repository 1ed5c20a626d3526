#include "plugins/common/mappings.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "plugins/common/proc.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kRingPages = 32;  // of each CPU: about 1,000 records between two looks
constexpr std::size_t kMapsBytesMax = 4 << 20;

perf_event_attr attributes(bool whole_host) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.mmap = 1;
  attributes.mmap2 = 1;
  attributes.comm = 1;
  attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.inherit = whole_host ? 0 : 1;
  attributes.exclude_kernel = 1;
  attributes.build_id = 1;
  PerfRings::order(attributes);
  return attributes;
}

}  // namespace

Mappings::Mappings(std::int64_t root_pid, std::string proc_root)
    : whole_host_(root_pid == 0), proc_root_(std::move(proc_root)) {
  const auto cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_CONF));
  for (int cpu = 0; cpu < cpus; ++cpu) open(root_pid, cpu);
}

Mappings::~Mappings() = default;

void Mappings::open(std::int64_t root_pid, int cpu) {
  perf_event_attr wanted = attributes(whole_host_);
  const auto call = [&] {
    return static_cast<int>(syscall(SYS_perf_event_open, &wanted,
                                    whole_host_ ? -1 : static_cast<pid_t>(root_pid), cpu, -1,
                                    PERF_FLAG_FD_CLOEXEC));
  };
  int fd = call();
  if (fd < 0 && errno == EINVAL) {
    wanted.build_id = 0;  // before Linux 5.12
    fd = call();
  }
  if (fd < 0 && errno == ENODEV) return;  // a CPU that is switched off
  try {
    if (fd < 0) throw std::system_error(errno, std::generic_category());
    rings_.add(Descriptor(fd), kRingPages);
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot watch what is mapped into memory: " + error.code().message());
  }
}

void Mappings::take() {
  rings_.read([this](const PerfRings::Record& record) {
    if (record.type == PERF_RECORD_LOST && record.body.size() >= 2 * sizeof(std::uint64_t)) {
      std::uint64_t lost = 0;
      std::memcpy(&lost, record.body.data() + sizeof lost, sizeof lost);
      lost_ += lost;
    }
    processes_.apply(record);
  });
}

std::optional<Location> Mappings::find(std::uint32_t pid, std::uint64_t address) {
  auto found = processes_.find(pid, address);
  if (found || !whole_host_ || !asked_.insert(pid).second) return found;
  const std::string path = proc_root_ + "/" + std::to_string(pid) + "/maps";
  processes_.read_maps(pid, read_text(path, kMapsBytesMax).value_or(""));
  return processes_.find(pid, address);
}

}  // namespace melisai::plugins
