#include "core/symbols/demangle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace melisai::symbols {
namespace {

std::string demangled(const std::string& name) { return Demangler()(name); }

TEST(Demangle, WritesNamesAsPeopleDo) {
  EXPECT_EQ(demangled("_ZN5Cache3getEi"), "Cache::get(int)");
  EXPECT_EQ(demangled("_ZN5Cache3getEi.isra.0"), "Cache::get(int) [clone .isra.0]");
  EXPECT_EQ(demangled("_ZNSt6vectorIiSaIiEE9push_backERKi"),
            "std::vector<int, std::allocator<int> >::push_back(int const&)");
  EXPECT_EQ(demangled("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
  EXPECT_EQ(
      demangled("_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE"),
      "<T as core::convert::Into<U>>::into");
}

TEST(Demangle, LeavesOtherNamesAlone) {
  for (const char* name : {"main", "i", "_start", "_Z", "_ZN", "Java_com_example", "", "_Zzzz"})
    EXPECT_EQ(demangled(name), name);
}

// pair<X, X> of pair<X, X> of ...: each level doubles what is printed.
std::string doubling(int levels) {
  const std::string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string name = "_Z1fSt4pairIiiE";
  for (int i = 0; i < levels; ++i) {
    const std::string last = std::string("S") + digits[static_cast<std::size_t>(i)] + "_";
    name += "S_I" + last + last + "E";
  }
  return name;
}

// Pointers to members need no brackets.
std::string doubling_members(int levels) {
  std::string name = "_Z1fM1AS_";
  for (int i = 0; i < levels; ++i) {
    const std::string last = std::string("S") + static_cast<char>('0' + i) + "_";
    name += "M" + last + last;
  }
  return name;
}

TEST(Demangle, RefusesNamesThatPrintGigabytes) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& name : {doubling(30), doubling(35)}) {
    EXPECT_LT(name.size(), 400u);
    EXPECT_EQ(demangled(name), name);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Demangle, BoundsWhatANamePrintsFromAbove) {
  for (int levels = 0; levels < 12; ++levels)
    for (const std::string& name : {doubling(levels), doubling_members(std::min(levels, 9))}) {
      const std::string printed = demangled(name);
      if (printed.size() == kDemangledBytesMax) continue;
      EXPECT_GE(printed_size_bound(name), static_cast<double>(printed.size())) << name;
    }
  EXPECT_GE(printed_size_bound(doubling_members(9)), 10'211) << "what c++filt prints";
}

// Each tries to hide its references from the bound.
TEST(Demangle, IsNotFooledByNumbersAndPacks) {
  const std::string hidden = "_Z1fILN1a1bE999E" + doubling(30).substr(4) + "E";
  EXPECT_GT(printed_size_bound(hidden), 2e7);
  const std::string literal = "_Z1fILt900E" + doubling(30).substr(4) + "E";
  EXPECT_GT(printed_size_bound(literal), 2e7);
  const std::string packs = "_Z1fIJ" + std::string(300, 'i') + "EEvDpT_";
  EXPECT_GE(printed_size_bound(packs), 300.0 * 300);
}

TEST(Demangle, KeepsOrdinaryTemplatesReadable) {
  EXPECT_EQ(
      demangled(
          "_ZNSt8_Rb_treeINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt4pairIKS5_iESt10"
          "_Select1stIS8_ESt4lessIS5_ESaIS8_EE8_M_eraseEPSt13_Rb_tree_nodeIS8_E")
          .substr(0, 24),
      "std::_Rb_tree<std::__cxx");
}

TEST(Demangle, CutsWhatIsLong) {
  const std::string name(kDemangledBytesMax + 500, 'a');
  EXPECT_EQ(demangled(name).size(), kDemangledBytesMax);
  EXPECT_TRUE(demangled(name).ends_with("..."));
}

}  // namespace
}  // namespace melisai::symbols
