#include "plugins/ebpf/reading.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace melisai::plugins::ebpf {
namespace {

static_assert(std::is_trivially_copyable_v<ebpf_hist> && sizeof(ebpf_hist) % 8 == 0);

[[noreturn]] void fail(std::string_view map) {
  throw std::runtime_error("cannot read the BPF map " + std::string(map) + ": " +
                           std::strerror(errno));
}

void add(std::uint64_t& sum, const std::uint64_t& value) { sum += value; }
void add(ebpf_hist& sum, const ebpf_hist& value) {
  for (std::size_t i = 0; i < ebpf_hist_slots; ++i) sum.slots[i] += value.slots[i];
  sum.count += value.count;
  sum.sum += value.sum;
  sum.max = std::max(sum.max, value.max);
}
void add(ebpf_syscall& sum, const ebpf_syscall& value) {
  sum.count += value.count;
  sum.errors += value.errors;
  sum.total_ns += value.total_ns;
  sum.max_ns = std::max(sum.max_ns, value.max_ns);
}

/// Sums of a per-CPU array.
template <typename Value>
class PerCpu {
 public:
  PerCpu(const Object& object, std::string_view name)
      : name_(name),
        map_(object.map(name)),
        values_(static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1))) {}

  Value operator()(std::uint32_t key) {
    if (map_ < 0 || bpf_map_lookup_elem(map_, &key, values_.data()) != 0) fail(name_);
    Value sum{};
    for (const Value& value : values_) add(sum, value);
    return sum;
  }

 private:
  std::string_view name_;
  int map_;
  std::vector<Value> values_;
};

struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
using TakeRecord = std::function<void(std::span<const std::byte>)>;

int take_record(void* context, void* data, std::size_t size) {
  (*static_cast<const TakeRecord*>(context))({static_cast<const std::byte*>(data), size});
  return 0;
}

}  // namespace

Reading::Reading(const Object& object) {
  PerCpu<std::uint64_t> counter(object, "counters");
  for (std::uint32_t i = 0; i < counter_count; ++i) counters_[i] = counter(i);
  PerCpu<ebpf_hist> histogram(object, "histograms");
  for (std::uint32_t i = 0; i < histogram_count; ++i) histograms_[i] = histogram(i);
  if (object.map("tcp_events") < 0) return;
  for_each_record(object, "tcp_events", [&](std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(ebpf_tcp_event)) return;
    std::memcpy(&tcp_events_.emplace_back(), bytes.data(), sizeof(ebpf_tcp_event));
  });
}

std::vector<SyscallCount> read_syscall_counts(const Object& object) {
  std::vector<SyscallCount> found;
  PerCpu<std::uint64_t> count(object, "syscall_counts");
  for (std::uint32_t number = 0; number < ebpf_syscalls_max; ++number)
    if (const std::uint64_t calls = count(number); calls > 0) found.push_back({number, calls});
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return found;
}

std::vector<SyscallTime> read_syscall_times(const Object& object) {
  std::vector<SyscallTime> found;
  PerCpu<ebpf_syscall> time(object, "syscall_times");
  for (std::uint32_t number = 0; number < ebpf_syscalls_max; ++number)
    if (const ebpf_syscall total = time(number); total.count > 0) found.push_back({number, total});
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.total.total_ns > b.total.total_ns;
  });
  return found;
}

std::vector<Disk> read_disks(const Object& object) {
  std::vector<Disk> disks;
  for_each_entry(object.map("disks"), sizeof(std::uint32_t), sizeof(ebpf_hist),
                 [&](const void* key, const void* value) {
                   Disk& disk = disks.emplace_back();
                   std::memcpy(&disk.device, key, sizeof disk.device);
                   std::memcpy(&disk.latency, value, sizeof disk.latency);
                 });
  std::sort(disks.begin(), disks.end(),
            [](const Disk& a, const Disk& b) { return a.device < b.device; });
  return disks;
}

void for_each_record(const Object& object, std::string_view map, const TakeRecord& take) {
  TakeRecord context = take;
  const std::unique_ptr<ring_buffer, FreeRing> ring(
      ring_buffer__new(object.map(map), take_record, &context, nullptr));
  if (!ring) fail(map);
  ring_buffer__consume(ring.get());
}

void for_each_entry(int map, std::size_t key_size, std::size_t value_size,
                    const std::function<void(const void* key, const void* value)>& take) {
  std::vector<std::byte> key(key_size);
  std::vector<std::byte> next(key_size);
  std::vector<std::byte> value(value_size);
  const void* previous = nullptr;
  while (bpf_map_get_next_key(map, previous, next.data()) == 0) {
    key = next;
    previous = key.data();
    if (bpf_map_lookup_elem(map, key.data(), value.data()) == 0) take(key.data(), value.data());
  }
}

}  // namespace melisai::plugins::ebpf
