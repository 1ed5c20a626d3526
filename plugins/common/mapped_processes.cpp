#include "plugins/common/mapped_processes.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "plugins/common/proc.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kMappingsMax = 100'000;  // of all processes together
constexpr std::size_t kProcessesMax = 65'536;
constexpr std::size_t kLookedBack = 64;  // mappings of a process, for one that is told again
constexpr std::size_t kEndBytes = 16;    // process, thread and time after each record
constexpr std::size_t kInodeAt = 40;     // in a record, where no build id is

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

void MappedProcesses::apply(const PerfRings::Record& record) {
  const auto pid = value_at<std::uint32_t>(record.body, 0);
  const auto parent = value_at<std::uint32_t>(record.body, 4);
  switch (record.type) {
    case PERF_RECORD_COMM:
      if ((record.flags & PERF_RECORD_MISC_COMM_EXEC) != 0) set(pid, nullptr);
      break;
    case PERF_RECORD_FORK: {
      const auto known = processes_.find(parent);
      if (pid != parent && known != processes_.end()) set(pid, known->second);
      break;
    }
    case PERF_RECORD_MMAP2: apply_mapping(record); break;
    default: break;
  }
}

void MappedProcesses::apply_mapping(const PerfRings::Record& record) {
  if (record.body.size() <= sizeof(MappingBody) + kEndBytes) return;
  const auto body = value_at<MappingBody>(record.body, 0);
  const char* name = record.body.data() + sizeof body;
  MappedFile file{
      .path = std::string(name, strnlen(name, record.body.size() - sizeof body - kEndBytes)),
      .build_id = ""};
  if ((record.flags & PERF_RECORD_MISC_MMAP_BUILD_ID) != 0)
    file.build_id =
        to_hex(body.build_id, std::min<std::size_t>(body.build_id_size, sizeof body.build_id));
  else
    file.inode = value_at<std::uint64_t>(record.body, kInodeAt);
  add(body.pid, {.begin = body.address, .end = body.address + body.bytes, .offset = body.offset},
      std::move(file));
}

// "7f0000000000-7f0000001000 r-xp 00001000 08:01 1234   /usr/lib/x.so"
void MappedProcesses::read_maps(std::uint32_t pid, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto fields = words(line);
    if (fields.size() < 6 || fields[1].size() < 3 || fields[1][2] != 'x') continue;
    const std::size_t dash = fields[0].find('-');
    if (dash == std::string_view::npos) continue;
    const auto begin = hex(fields[0].substr(0, dash));
    const auto last = hex(fields[0].substr(dash + 1));
    const auto offset = hex(fields[2]);
    // The rest of the line: a path may have blanks.
    const auto path_at = static_cast<std::size_t>(fields[5].data() - line.data());
    const auto inode = static_cast<std::uint64_t>(to_count(fields[4]).value_or(0));
    if (begin && last && offset)
      add(pid, {.begin = *begin, .end = *last, .offset = *offset},
          {.path = std::string(line.substr(path_at)), .build_id = "", .inode = inode});
  }
}

// Who makes code while it runs tells the same places again and again.
bool MappedProcesses::has_already(const std::vector<Mapping>& mapped, const Mapping& mapping) {
  std::size_t looked = 0;
  for (auto at = mapped.rbegin(); at != mapped.rend() && looked < kLookedBack; ++at, ++looked) {
    if (*at == mapping) return true;
    if (at->begin < mapping.end && mapping.begin < at->end) return false;
  }
  return false;
}

void MappedProcesses::add(std::uint32_t pid, Mapping mapping, MappedFile file) {
  const auto process = processes_.find(pid);
  const Mapped known = process == processes_.end() ? nullptr : process->second;
  const auto number = numbers_.find(file);
  mapping.file = number == numbers_.end() ? files_.size() : number->second;
  if (known && has_already(*known, mapping)) return;
  // With `known` and the process's own: somebody else has it too.
  const bool is_shared = known && known.use_count() > 2;
  const std::size_t more = 1 + (is_shared ? known->size() : 0);
  if (count_ + more > kMappingsMax || (!known && processes_.size() >= kProcessesMax)) {
    ++left_out_;
    return;
  }
  if (number == numbers_.end()) {
    numbers_.emplace(file, files_.size());
    files_.push_back(std::move(file));
  }
  if (!known || is_shared)
    set(pid, known ? std::make_shared<std::vector<Mapping>>(*known)
                   : std::make_shared<std::vector<Mapping>>());
  processes_[pid]->push_back(mapping);
  count_ += more;
}

void MappedProcesses::set(std::uint32_t pid, Mapped mapped) {
  const auto process = processes_.find(pid);
  if (process == processes_.end()) {
    if (processes_.size() < kProcessesMax)
      processes_.emplace(pid, std::move(mapped));
    else
      ++left_out_;
    return;
  }
  if (process->second && process->second.use_count() == 1) count_ -= process->second->size();
  process->second = std::move(mapped);
}

std::optional<Location> MappedProcesses::find(std::uint32_t pid, std::uint64_t address) const {
  const auto process = processes_.find(pid);
  if (process == processes_.end() || !process->second) return std::nullopt;
  const auto& mapped = *process->second;
  const auto found = std::find_if(mapped.rbegin(), mapped.rend(), [&](const Mapping& mapping) {
    return address >= mapping.begin && address < mapping.end;
  });
  if (found == mapped.rend()) return std::nullopt;
  return Location{.file = found->file, .offset = address - found->begin + found->offset};
}

}  // namespace melisai::plugins
