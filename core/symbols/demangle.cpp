#include "core/symbols/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace melisai::symbols {
namespace {

constexpr std::size_t kMangledBytesMax = 1'024;
// What one name may print: some hundred milliseconds at worst. What all may: as much again, ten
// times.
constexpr double kPrintedMax = 2e7;
constexpr double kPrintedInAllMax = 2e8;
// The most that one byte of a mangled name prints, references apart: "y" is "unsigned long long".
constexpr double kPrintedPerByte = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_reference_digit(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); }

// Length of "S_", "S1A_", "T_", "T0_" at `at`: a reference to something printed before; 0 for none.
std::size_t reference_length(std::string_view text, std::size_t at) {
  if (text[at] != 'S' && text[at] != 'T') return 0;
  std::size_t end = at + 1;
  while (end < text.size() && is_reference_digit(text[end])) ++end;
  return end < text.size() && text[end] == '_' ? end + 1 - at : 0;
}

struct Identifier {
  std::size_t begin = 0;  // behind its length
  std::size_t end = 0;
  bool sure = false;  // else it may be the number of a literal or an array
};

Identifier identifier_at(std::string_view text, std::size_t at) {
  const char before = at == 0 ? '\0' : text[at - 1];
  const bool in_std = before == 't' && at >= 2 && text[at - 2] == 'S';
  Identifier found{
      .begin = at,
      .sure = in_std || std::string_view("NZIRKP").find(before) != std::string_view::npos};
  std::size_t length = 0;
  for (; found.begin < text.size() && is_digit(text[found.begin]); ++found.begin)
    length = std::min(length * 10 + static_cast<std::size_t>(text[found.begin] - '0'), text.size());
  found.end = found.begin + length;
  return found;
}

// How many elements a parameter pack may have: J and what follows, up to an E at the earliest.
double pack_size_max(std::string_view mangled) {
  std::size_t most = 1;
  for (std::size_t at = 0; (at = mangled.find('J', at)) != std::string_view::npos; ++at)
    most = std::max(most, std::min(mangled.find('E', at), mangled.size()) - at);
  return static_cast<double>(most);
}

struct Free {
  void operator()(char* text) const { std::free(text); }
};

// "core::fmt::write::h0123456789abcdef": Rust's hash changes with every build.
bool strip_rust_hash(std::string& name) {
  constexpr std::size_t kHash = 3 + 16;
  if (name.size() <= kHash || name.compare(name.size() - kHash, 3, "::h") != 0) return false;
  const std::string_view hash = std::string_view(name).substr(name.size() - kHash + 3);
  if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  name.resize(name.size() - kHash);
  return true;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// What Rust's older names cannot spell.
void unescape_rust(std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kEscapes{{{"$LT$", "<"},
                                                                                    {"$GT$", ">"},
                                                                                    {"$RF$", "&"},
                                                                                    {"$BP$", "*"},
                                                                                    {"$C$", ","},
                                                                                    {"$LP$", "("},
                                                                                    {"$RP$", ")"},
                                                                                    {"$u20$", " "},
                                                                                    {"$u7b$", "{"},
                                                                                    {"$u7d$", "}"},
                                                                                    {"$SP$", "@"},
                                                                                    {"..", "::"}}};
  for (const auto& [from, to] : kEscapes) replace_all(name, from, to);
  if (name.starts_with("_<")) name.erase(0, 1);
}

std::string shortened(std::string text) {
  if (text.size() > kDemangledBytesMax) {
    text.resize(kDemangledBytesMax - 3);
    text += "...";
  }
  return text;
}

}  // namespace

// The grammar is that of the Itanium C++ ABI, section 5.1. A reference prints a component that is
// complete: one that ended with a closing E, or one with qualifiers in front of another. So it is
// enough to know the largest of those, and a component is never larger than everything since the
// bracket that it closes. Where the reading is unsure it errs towards a larger bound: brackets that
// open unseen, and letters of identifiers that look like references or closing brackets.
double printed_size_bound(std::string_view mangled) {
  std::vector<double> open{0};
  double largest = kPrintedPerByte * 2;
  double qualifiers = 0;
  double parameters = 0;
  double expansions = 1;
  std::size_t identifier_end = 0;  // an identifier reaches to here
  std::size_t unsure_end = 0;      // or perhaps to here
  for (std::size_t at = 0; at < mangled.size(); ++at) {
    const char c = mangled[at];
    if (const std::size_t length = reference_length(mangled, at); length > 0) {
      parameters += c == 'T';
      largest += kPrintedPerByte * qualifiers;
      open.back() += largest;
      qualifiers = 0;
      if (at >= std::max(identifier_end, unsure_end)) at += length - 1;
      continue;
    }
    open.back() += kPrintedPerByte;
    if (at < identifier_end) continue;
    qualifiers = c == 'E' ? 0 : qualifiers + 1;
    const char before = at == 0 ? '\0' : mangled[at - 1];
    if (is_digit(c) && at >= unsure_end) {
      const Identifier identifier = identifier_at(mangled, at);
      (identifier.sure ? identifier_end : unsure_end) = identifier.end;
      open.back() += kPrintedPerByte * static_cast<double>(identifier.begin - at - 1);
      at = identifier.begin - 1;
    } else if (at >= unsure_end && ((c == 'I' && before != 'm') || (c == 'N' && before != 'a'))) {
      open.push_back(0);  // not operator-= and operator&=
    } else if (c == 'M') {
      largest *= 2;  // a pointer to member: two components without a bracket
    } else if (c == 'p' && (before == 'D' || before == 's')) {
      expansions *= pack_size_max(mangled);
    } else if (c == 'E') {
      const double inner = open.back();
      if (open.size() > 1) {
        open.pop_back();
        open.back() += inner;
      }
      largest = std::max(largest, open.back());
    }
  }
  double total = 0;
  for (const double part : open) total += part;
  // A conversion operator may name the parameters that follow it.
  if (mangled.find("cv") != std::string_view::npos) total *= 1 + parameters;
  return total * expansions;
}

std::string Demangler::operator()(std::string_view name) {
  const std::string text(name);
  if (!name.starts_with("_Z") || name.size() > kMangledBytesMax || printed_ > kPrintedInAllMax ||
      printed_size_bound(name) > kPrintedMax)
    return shortened(text);
  int status = 0;
  const std::unique_ptr<char, Free> printed(
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status));
  if (status != 0 || !printed) return shortened(text);
  std::string result = printed.get();
  printed_ += static_cast<double>(result.size());
  if (strip_rust_hash(result)) unescape_rust(result);
  return shortened(std::move(result));
}

}  // namespace melisai::symbols
