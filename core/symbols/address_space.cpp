#include "core/symbols/address_space.h"

#include <iterator>

namespace melisai::symbols {
namespace {

constexpr std::size_t kGenerationsMax = 16;

}  // namespace

void AddressSpace::add(const Mapping& mapping) {
  if (mapping.end <= mapping.start) return;
  if (size_ >= kMappingsMax) {
    ++left_out_;
    return;
  }
  Generation& current = generations_.back();
  auto at = current.upper_bound(mapping.start);
  if (at != current.begin()) --at;
  while (at != current.end() && at->second.start < mapping.end) {
    Mapping old = at->second;
    if (old.end <= mapping.start) {
      ++at;
      continue;
    }
    at = current.erase(at);
    --size_;
    if (old.end > mapping.end) {  // what is left behind the new one
      Mapping rest = old;
      rest.file_offset += mapping.end - old.start;
      rest.start = mapping.end;
      at = current.insert_or_assign(at, rest.start, rest);
      ++size_;
    }
    if (old.start < mapping.start) {
      old.end = mapping.start;
      current.insert_or_assign(old.start, old);
      ++size_;
    }
  }
  current.insert_or_assign(mapping.start, mapping);
  ++size_;
}

void AddressSpace::exec() {
  if (generations_.back().empty()) return;
  if (generations_.size() == kGenerationsMax) {
    size_ -= generations_.front().size();
    generations_.erase(generations_.begin());
  }
  generations_.emplace_back();
}

const Mapping* AddressSpace::find(std::uint64_t address) const {
  for (auto generation = generations_.rbegin(); generation != generations_.rend(); ++generation) {
    const auto after = generation->upper_bound(address);
    if (after == generation->begin()) continue;
    const Mapping& mapping = std::prev(after)->second;
    if (address < mapping.end) return &mapping;
  }
  return nullptr;
}

AddressSpace& AddressSpaces::of(std::uint32_t pid) {
  if (spaces_.size() >= kProcessesMax && !spaces_.contains(pid)) return excess_;
  return spaces_[pid];
}

void AddressSpaces::fork(std::uint32_t parent, std::uint32_t child) {
  const auto found = spaces_.find(parent);
  if (found == spaces_.end() || parent == child) return;
  const AddressSpace copy = found->second;
  of(child) = copy;
}

const AddressSpace* AddressSpaces::find(std::uint32_t pid) const {
  const auto found = spaces_.find(pid);
  return found == spaces_.end() ? nullptr : &found->second;
}

}  // namespace melisai::symbols
