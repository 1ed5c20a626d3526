#include "plugins/common/mappings.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "plugins/common/proc.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kRingPages = 32;         // of each CPU: about 1,000 records between two looks
constexpr std::size_t kMappingsMax = 100'000;  // of all processes together
constexpr std::size_t kMapsBytesMax = 4 << 20;
constexpr std::size_t kEndBytes = 16;  // process, thread and time after each record

// The parts of PERF_RECORD_MMAP2 that do not vary, after the header.
struct MappingBody {
  std::uint32_t pid;
  std::uint32_t thread;
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint64_t offset;
  std::uint8_t build_id_size;  // with PERF_RECORD_MISC_MMAP_BUILD_ID
  std::uint8_t unused[3];
  std::uint8_t build_id[20];
  std::uint32_t protection;
  std::uint32_t flags;
};
static_assert(sizeof(MappingBody) == 64);

std::string to_hex(const std::uint8_t* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

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

template <typename Value>
Value value_at(const std::string& body, std::size_t at) {
  Value value{};
  if (body.size() >= at + sizeof value) std::memcpy(&value, body.data() + at, sizeof value);
  return value;
}

std::optional<std::uint64_t> hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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
  rings_.read([this](const PerfRings::Record& record) { apply(record); });
}

void Mappings::apply(const PerfRings::Record& record) {
  const auto pid = value_at<std::uint32_t>(record.body, 0);
  const auto second = value_at<std::uint32_t>(record.body, 4);
  switch (record.type) {
    case PERF_RECORD_LOST: lost_ += value_at<std::uint64_t>(record.body, 8); break;
    case PERF_RECORD_COMM:
      if ((record.flags & PERF_RECORD_MISC_COMM_EXEC) != 0) processes_[pid].clear();
      break;
    case PERF_RECORD_FORK:
      if (pid != second && processes_.contains(second)) processes_[pid] = processes_[second];
      break;
    case PERF_RECORD_MMAP2: apply_mapping(record); break;
    default: break;
  }
}

void Mappings::apply_mapping(const PerfRings::Record& record) {
  if (record.body.size() <= sizeof(MappingBody) + kEndBytes) return;
  const auto body = value_at<MappingBody>(record.body, 0);
  const char* name = record.body.data() + sizeof body;
  MappedFile file{
      .path = std::string(name, strnlen(name, record.body.size() - sizeof body - kEndBytes)),
      .build_id = ""};
  if ((record.flags & PERF_RECORD_MISC_MMAP_BUILD_ID) != 0)
    file.build_id =
        to_hex(body.build_id, std::min<std::size_t>(body.build_id_size, sizeof body.build_id));
  add(body.pid, {.begin = body.address, .end = body.address + body.bytes, .offset = body.offset},
      std::move(file));
}

void Mappings::add(std::uint32_t pid, Mapping mapping, MappedFile file) {
  if (++count_ > kMappingsMax) {
    ++lost_;
    return;
  }
  const auto [known, is_new] = numbers_.try_emplace(std::move(file), files_.size());
  if (is_new) files_.push_back(known->first);
  mapping.file = known->second;
  processes_[pid].push_back(mapping);
}

// "7f0000000000-7f0000001000 r-xp 00001000 08:01 1234   /usr/lib/x.so"
void Mappings::read_proc(std::uint32_t pid) {
  const std::string path = proc_root_ + "/" + std::to_string(pid) + "/maps";
  const std::string text = read_text(path, kMapsBytesMax).value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto fields = words(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (fields.size() < 6 || fields[1].size() < 3 || fields[1][2] != 'x') continue;
    const std::size_t dash = fields[0].find('-');
    if (dash == std::string_view::npos) continue;
    const auto begin = hex(fields[0].substr(0, dash));
    const auto last = hex(fields[0].substr(dash + 1));
    const auto offset = hex(fields[2]);
    if (begin && last && offset)
      add(pid, {.begin = *begin, .end = *last, .offset = *offset},
          {.path = std::string(fields[5]), .build_id = ""});
  }
}

std::optional<Location> Mappings::look_up(std::uint32_t pid, std::uint64_t address) const {
  const auto known = processes_.find(pid);
  if (known == processes_.end()) return std::nullopt;
  const auto& mappings = known->second;
  const auto found = std::find_if(mappings.rbegin(), mappings.rend(), [&](const Mapping& mapping) {
    return address >= mapping.begin && address < mapping.end;
  });
  if (found == mappings.rend()) return std::nullopt;
  return Location{.file = found->file, .offset = address - found->begin + found->offset};
}

std::optional<Location> Mappings::find(std::uint32_t pid, std::uint64_t address) {
  auto found = look_up(pid, address);
  if (found || !whole_host_ || asked_[pid]) return found;
  asked_[pid] = true;
  read_proc(pid);
  return look_up(pid, address);
}

}  // namespace melisai::plugins
