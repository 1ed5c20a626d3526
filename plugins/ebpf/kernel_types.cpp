#include "plugins/ebpf/kernel_types.h"

#include <bpf/btf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

namespace melisai::plugins::ebpf {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using Btf = std::unique_ptr<btf, FreeBtf>;

constexpr std::string_view kTracepoint = "btf_trace_";

// Those of bpf/kernel.h that a program begins at; what is inside of them comes along.
constexpr std::array<std::string_view, 13> kRoots = {
    "task_struct",  "sock",     "request", "pt_regs",    "user_pt_regs", "rq",          "cfs_rq",
    "block_device", "tcp_sock", "sk_buff", "tcp_skb_cb", "folio",        "linux_binprm"};
constexpr std::string_view kEnum = "pageflags";
constexpr std::uint32_t kWordBytes = 4;

bool is_root(std::string_view name) {
  return std::find(kRoots.begin(), kRoots.end(), name) != kRoots.end();
}

// A tracepoint is a typedef of a pointer to a function.
Tracepoint read_tracepoint(const btf* types, std::uint32_t id) {
  const btf_type* type = btf__type_by_id(types, id);
  for (int depth = 0; type != nullptr && depth < 4 && !btf_is_func_proto(type); ++depth)
    type = btf__type_by_id(types, type->type);
  const bool is_function = type != nullptr && btf_is_func_proto(type);
  return {.type_id = id,
          .values = is_function ? btf_vlen(type) - 1 : 0};  // the first belongs to the kernel
}

/// Copies types with what they hold by value. Only names, offsets, sizes and kinds matter to CO-RE,
/// so what is pointed to becomes void and an enumeration inside a struct an integer.
class Extract {
 public:
  explicit Extract(const btf* from) : from_(from), to_(btf__new_empty()) {}

  int copy(std::uint32_t id) {
    if (id == 0) return 0;
    const auto known = copied_.find(id);
    if (known != copied_.end()) return known->second;
    const int mine = copy_new(id, btf__type_by_id(from_, id));
    copied_.emplace(id, mine);
    return mine;
  }
  void copy_enum(std::uint32_t id) {
    const btf_type* type = btf__type_by_id(from_, id);
    btf__add_enum(to_.get(), name_of(type), type->size);
    const struct btf_enum* values = btf_enum(type);
    for (int i = 0; i < btf_vlen(type); ++i)
      btf__add_enum_value(to_.get(), btf__name_by_offset(from_, values[i].name_off), values[i].val);
  }
  std::string bytes() const {
    std::uint32_t size = 0;
    const void* data = btf__raw_data(to_.get(), &size);
    return data == nullptr ? "" : std::string(static_cast<const char*>(data), size);
  }

 private:
  const char* name_of(const btf_type* type) const {
    return btf__name_by_offset(from_, type->name_off);
  }
  int integer(std::uint32_t bytes) {
    const std::string name = "integer" + std::to_string(bytes);
    return btf__add_int(to_.get(), name.c_str(), bytes, 0);
  }

  int copy_new(std::uint32_t id, const btf_type* type) {
    switch (btf_kind(type)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG: return copy(type->type);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: return copy_struct(id, type);
      case BTF_KIND_ARRAY: {
        const struct btf_array* array = btf_array(type);
        const int element = copy(array->type);
        return btf__add_array(to_.get(), integer(kWordBytes), element,
                              static_cast<int>(array->nelems));
      }
      case BTF_KIND_INT:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_FLOAT: return integer(type->size);
      default: return btf__add_ptr(to_.get(), 0);
    }
  }

  int copy_struct(std::uint32_t id, const btf_type* type) {
    std::vector<int> members;  // the types first: fields have to follow their struct
    for (int i = 0; i < btf_vlen(type); ++i) members.push_back(copy(btf_members(type)[i].type));
    type = btf__type_by_id(from_, id);
    const int mine = btf_is_union(type) ? btf__add_union(to_.get(), name_of(type), type->size)
                                        : btf__add_struct(to_.get(), name_of(type), type->size);
    for (int i = 0; i < btf_vlen(type); ++i) {
      const char* name = btf__name_by_offset(from_, btf_members(type)[i].name_off);
      const auto index = static_cast<std::uint32_t>(i);
      btf__add_field(to_.get(), name, members[index], btf_member_bit_offset(type, index),
                     btf_member_bitfield_size(type, index));
    }
    return mine;
  }

  const btf* from_;
  Btf to_;
  std::unordered_map<std::uint32_t, int> copied_;
};

bool has_member(const btf* types, const btf_type* structure, std::string_view name) {
  const btf_member* members = btf_members(structure);
  return std::any_of(members, members + btf_vlen(structure), [&](const btf_member& member) {
    return btf__name_by_offset(types, member.name_off) == name;
  });
}

}  // namespace

int KernelTypes::values_of(std::string_view tracepoint) const {
  const auto found = tracepoints.find(tracepoint);
  return found == tracepoints.end() ? 0 : found->second.values;
}

KernelTypes read_kernel_types() {
  KernelTypes found;
  const Btf types(btf__load_vmlinux_btf());
  if (!types) return found;
  Extract extract(types.get());
  const std::uint32_t count = btf__type_cnt(types.get());
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* type = btf__type_by_id(types.get(), id);
    if (!btf_is_typedef(type) && !btf_is_struct(type) && !btf_is_enum(type)) continue;
    const std::string_view name = btf__name_by_offset(types.get(), type->name_off);
    if (btf_is_typedef(type) && name.starts_with(kTracepoint))
      found.tracepoints.emplace(name.substr(kTracepoint.size()), read_tracepoint(types.get(), id));
    if (btf_is_struct(type) && is_root(name)) extract.copy(id);
    if (btf_is_struct(type) && name == "task_struct")
      found.has_task_state_since_5_14 = has_member(types.get(), type, "__state");
    if (btf_is_enum(type) && name == kEnum) extract.copy_enum(id);
    // One value for each helper, in the order of their numbers.
    if (btf_is_enum(type) && name == "bpf_func_id")
      found.tells_user_registers = btf_vlen(type) > BPF_FUNC_task_pt_regs;
  }
  found.btf = extract.bytes();
  return found;
}

}  // namespace melisai::plugins::ebpf
