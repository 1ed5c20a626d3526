#include "core/symbols/address_space.h"

#include <gtest/gtest.h>

namespace melisai::symbols {
namespace {

Mapping mapped(std::uint64_t start, std::uint64_t end, const std::string& path,
               std::uint64_t offset = 0) {
  return {.start = start, .end = end, .file_offset = offset, .path = path};
}

std::string path_at(const AddressSpace& space, std::uint64_t address) {
  const Mapping* mapping = space.find(address);
  return mapping == nullptr ? "" : mapping->path;
}

TEST(AddressSpace, FindsTheMappingOfAnAddress) {
  AddressSpace space;
  space.add(mapped(0x1000, 0x2000, "/a"));
  space.add(mapped(0x3000, 0x4000, "/b"));
  EXPECT_EQ(path_at(space, 0xfff), "");
  EXPECT_EQ(path_at(space, 0x1000), "/a");
  EXPECT_EQ(path_at(space, 0x1fff), "/a");
  EXPECT_EQ(path_at(space, 0x2000), "");
  EXPECT_EQ(path_at(space, 0x3800), "/b");
}

TEST(AddressSpace, LetsLaterMappingsHideEarlierOnes) {
  AddressSpace space;
  space.add(mapped(0x1000, 0x9000, "/old", 0x100));
  space.add(mapped(0x3000, 0x5000, "/new"));
  EXPECT_EQ(path_at(space, 0x2fff), "/old");
  EXPECT_EQ(path_at(space, 0x3000), "/new");
  EXPECT_EQ(path_at(space, 0x4fff), "/new");
  EXPECT_EQ(path_at(space, 0x5000), "/old");
  const Mapping* rest = space.find(0x5010);
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(rest->file_offset + (0x5010 - rest->start), 0x100u + 0x4010u)
      << "what is left keeps its place in the file";
  space.add(mapped(0x0, 0x10000, "/all"));
  for (const std::uint64_t address : {0x0, 0x2000, 0x4000, 0x8fff, 0xffff})
    EXPECT_EQ(path_at(space, address), "/all");
}

TEST(AddressSpace, ReplacesEverythingAtAnExec) {
  AddressSpace space;
  space.add(mapped(0x1000, 0x2000, "/bin/sh"));
  space.add(mapped(0x8000, 0x9000, "/libc-of-sh"));
  space.exec();
  space.add(mapped(0x1000, 0x2000, "/bin/program"));
  EXPECT_EQ(path_at(space, 0x1800), "/bin/program");
  EXPECT_EQ(path_at(space, 0x8800), "/libc-of-sh") << "stacks from before the exec still resolve";
}

TEST(AddressSpace, CountsWhatItCannotKeep) {
  AddressSpace space;
  for (std::uint64_t i = 0; i < kMappingsMax + 5; ++i) space.add(mapped(i * 16, i * 16 + 16, "/x"));
  EXPECT_EQ(space.left_out(), 5u);
  space.add(mapped(8, 8, "/empty"));
  EXPECT_EQ(space.left_out(), 5u);
}

TEST(AddressSpaces, GiveAChildWhatItsParentHas) {
  AddressSpaces spaces;
  spaces.of(1).add(mapped(0x1000, 0x2000, "/a"));
  spaces.fork(1, 2);
  spaces.of(1).add(mapped(0x1000, 0x2000, "/later"));
  spaces.fork(7, 8);  // a parent that nobody saw
  ASSERT_NE(spaces.find(2), nullptr);
  EXPECT_EQ(path_at(*spaces.find(2), 0x1000), "/a");
  EXPECT_EQ(spaces.find(8), nullptr);
}

}  // namespace
}  // namespace melisai::symbols
