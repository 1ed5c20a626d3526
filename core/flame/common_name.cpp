#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/flame/stacks.h"

namespace melisai::flame {
namespace {

bool all_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view kHex = "0123456789abcdef";

// ".constprop.0" at the end, with as many numbers as there are.
bool drop_clone_suffix(std::string_view& name) {
  constexpr std::array<std::string_view, 15> kSuffixes{
      "constprop", "isra",   "part", "cold",  "llvm",  "lto_priv", "localalias", "clone",
      "resolver",  "__uniq", "warm", "split", "ifunc", "outlined", "specialized"};
  std::string_view rest = name;
  for (std::size_t dot = rest.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = rest.rfind('.')) {
    const std::string_view word = rest.substr(dot + 1);
    rest = rest.substr(0, dot);
    if (all_of(word, "0123456789")) continue;
    if (std::find(kSuffixes.begin(), kSuffixes.end(), word) == kSuffixes.end()) return false;
    name = rest;
    return true;
  }
  return false;
}

// " [clone .isra.0]", as demanglers write it.
bool drop_clone_note(std::string_view& name) {
  const std::size_t note = name.rfind(" [clone ");
  if (note == std::string_view::npos || note == 0 || !name.ends_with(']')) return false;
  name = name.substr(0, note);
  return true;
}

// "memcpy@@GLIBC_2.14", "puts@plt"
bool drop_version(std::string_view& name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == name.size()) return false;
  constexpr std::string_view kVersion =
      "@._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (!all_of(name.substr(at), kVersion)) return false;
  name = name.substr(0, at);
  return true;
}

bool drop_rust_hash(std::string_view& name) {
  constexpr std::size_t kHash = 3 + 16;
  if (name.size() <= kHash || name.substr(name.size() - kHash, 3) != "::h" ||
      !all_of(name.substr(name.size() - 16), kHex))
    return false;
  name.remove_suffix(kHash);
  return true;
}

}  // namespace

std::string common_name(std::string_view name, FrameKind kind) {
  // Names of JITs hold addresses of sources ("f@app.js:12"), and of processes whatever they like.
  if (kind != FrameKind::jit && kind != FrameKind::process) {
    if (name.starts_with("0x") && all_of(name.substr(2), kHex)) return "[unknown]";
    const std::size_t offset = name.rfind("+0x");
    if (offset != std::string_view::npos && offset > 0 && all_of(name.substr(offset + 3), kHex)) {
      name = name.substr(0, offset);
      // Of a file, not of a function: nobody knows which.
      if (kind == FrameKind::unknown && !name.starts_with('['))
        return "[" + printable(name.substr(0, kNameBytesMax)) + "]";
    }
    while (drop_clone_suffix(name) || drop_clone_note(name) || drop_version(name) ||
           drop_rust_hash(name)) {
    }
  }
  std::string clean = printable(name.substr(0, kNameBytesMax));
  std::replace(clean.begin(), clean.end(), ';', ':');
  return clean.empty() ? "[unknown]" : clean;
}

}  // namespace melisai::flame
