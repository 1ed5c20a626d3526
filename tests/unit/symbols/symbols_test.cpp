#include "core/symbols/symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "core/base/files.h"
#include "tests/unit/symbols/elf_fixture.h"

namespace melisai::symbols {

// Not in the unnamed namespace: it has to have a name.
__attribute__((noinline)) int function_of_this_test(int x) { return x * 3 + 1; }
constexpr int kLineOfThatFunction = 17;

namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::uint64_t address_of_function() {
  return reinterpret_cast<std::uint64_t>(&function_of_this_test);
}

const std::uint32_t kSelf = static_cast<std::uint32_t>(getpid());

TEST(Symbolizer, NamesFunctionsOfALivingProcess) {
  Symbolizer symbolizer;
  symbolizer.read_process(kSelf);
  const Frame& own = symbolizer.frame(symbolizer.resolve(kSelf, {address_of_function(), true}));
  EXPECT_EQ(own.frame.name, "melisai::symbols::function_of_this_test(int)");
  EXPECT_EQ(own.frame.kind, FrameKind::program);
  EXPECT_TRUE(own.resolved);
  const auto libc = reinterpret_cast<std::uint64_t>(&std::qsort);
  const Frame& library = symbolizer.frame(symbolizer.resolve(kSelf, {libc, true}));
  EXPECT_THAT(library.frame.name, HasSubstr("qsort"));
  EXPECT_EQ(library.frame.kind, FrameKind::library);
}

TEST(Symbolizer, SaysFileAndLine) {
  Symbolizer symbolizer;
  symbolizer.read_process(kSelf);
  const auto line = symbolizer.line_of(symbolizer.resolve(kSelf, {address_of_function(), true}));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_THAT(line->file, EndsWith("tests/unit/symbols/symbols_test.cpp"));
  EXPECT_EQ(line->line, kLineOfThatFunction);
  EXPECT_FALSE(symbolizer.line_of(symbolizer.kernel("do_syscall_64")));
}

TEST(Symbolizer, ReadsTheObjectOfTheKernel) {
  Symbolizer symbolizer;
  const Mapping vdso{.start = 0x7000, .end = 0x9000, .path = "[vdso]"};
  symbolizer.spaces().of(1).add(vdso);
  const auto file = ElfFile::own_vdso();
  if (!file) GTEST_SKIP() << file.error().message;
  const Frame& frame = symbolizer.frame(symbolizer.resolve(1, {0x7001, true}));
  EXPECT_EQ(frame.frame.kind, FrameKind::library);
  EXPECT_EQ(frame.frame.name, "[[vdso]]") << "its headers are no function";
}

// What is inlined at its start has lines of another function.
__attribute__((always_inline)) inline int inlined_into_others(int x) { return x * x + 7; }

__attribute__((noinline)) int function_with_inlined_start(int x) { return inlined_into_others(x); }
constexpr int kLineOfThatOne = __LINE__ - 1;

TEST(Symbolizer, SaysWhereAFunctionIsWrittenNotWhatItInlined) {
  Symbolizer symbolizer;
  symbolizer.read_process(kSelf);
  const auto address = reinterpret_cast<std::uint64_t>(&function_with_inlined_start);
  const auto line = symbolizer.line_of(symbolizer.resolve(kSelf, {address, true}));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->line, kLineOfThatOne);
}

class SymbolizedFiles : public ::testing::Test {
 protected:
  std::string put(const std::string& name, const MadeElf& made) const {
    return write_bytes(directory_.path() + "/" + name, elf_bytes(made));
  }
  std::string name_of(FrameId id) const { return symbolizer_.frame(id).frame.name; }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "symbolized-");
  Symbolizer symbolizer_{
      Roots{.proc = directory_.path() + "/proc", .debug = directory_.path() + "/debug"}};
};

MadeElf two_functions() {
  return {.symtab = {{"first", 0x401000, 0x20}, {"_ZN5Cache3getEi", 0x401020, 0x20}}};
}

TEST_F(SymbolizedFiles, HaveTheSameFrameWhereverTheyAreMapped) {
  const std::string path = put("app", two_functions());
  for (const std::uint32_t pid : {1u, 2u})
    symbolizer_.spaces().of(pid).add({.start = 0x10000 * pid,
                                      .end = 0x10000 * pid + 0x1000,
                                      .file_offset = 0x1000,
                                      .path = path});
  const FrameId frame = symbolizer_.resolve(1, {0x10025, true});
  EXPECT_EQ(symbolizer_.resolve(2, {0x2003f, true}), frame);
  EXPECT_EQ(name_of(frame), "Cache::get(int)");
  const std::uint32_t image = symbolizer_.image(3, {.path = path});
  EXPECT_EQ(symbolizer_.resolve_in(image, {0x1030, true}), frame) << "found by the collector";
  EXPECT_EQ(name_of(symbolizer_.resolve(3, {0x10025, true})), "[unknown]");
}

TEST_F(SymbolizedFiles, TakeTheCallerFromTheByteBeforeTheReturnAddress) {
  const std::uint32_t image = symbolizer_.image(1, {.path = put("app", two_functions())});
  EXPECT_EQ(name_of(symbolizer_.resolve_in(image, {0x1020, true})), "Cache::get(int)");
  EXPECT_EQ(name_of(symbolizer_.resolve_in(image, {0x1020, false})), "first")
      << "its last instruction was a call";
}

TEST_F(SymbolizedFiles, SayWhyFunctionsStayUnknown) {
  const std::string path = put("app", two_functions());
  const std::uint32_t gone = symbolizer_.image(1, {.path = "/nowhere/tool"});
  const std::uint32_t other = symbolizer_.image(1, {.path = path, .build_id = "abcd"});
  const std::uint32_t stripped = symbolizer_.image(1, {.path = put("stripped", {})});
  EXPECT_EQ(name_of(symbolizer_.resolve_in(gone, {0x1000, true})), "[tool]");
  EXPECT_EQ(name_of(symbolizer_.resolve_in(other, {0x1000, true})), "[app]");
  EXPECT_EQ(name_of(symbolizer_.resolve_in(stripped, {0x1000, true})), "[stripped]");
  EXPECT_EQ(name_of(symbolizer_.resolve_in(stripped, {0x1001, true})), "[stripped]");
  EXPECT_THAT(symbolizer_.problems(),
              ElementsAre(HasSubstr("no symbols"), HasSubstr("no more there"),
                          HasSubstr("another file lies there now")));
}

TEST_F(SymbolizedFiles, NameCodeThatWasMadeAtRunTime) {
  std::filesystem::create_directories(directory_.path() + "/proc/5/root/tmp");
  write_bytes(directory_.path() + "/proc/5/status", "Name:\tnode\nNSpid:\t5\t3\nUid:\t0\n");
  write_bytes(directory_.path() + "/proc/5/maps", "1000-3000 rwxp 00000000 00:00 0 \n");
  write_bytes(directory_.path() + "/proc/5/root/tmp/perf-3.map", "1000 100 JS:hot\n");
  symbolizer_.read_process(5);
  const FrameId hot = symbolizer_.resolve(5, {0x1080, true});
  EXPECT_EQ(name_of(hot), "JS:hot") << "in a container it has a number of its own";
  EXPECT_EQ(symbolizer_.frame(hot).frame.kind, FrameKind::jit);
  EXPECT_EQ(name_of(symbolizer_.resolve(5, {0x2000, true})), "[anonymous]");
}

TEST_F(SymbolizedFiles, AreResolvedAnewAfterMappingsChanged) {
  const std::string path = put("app", two_functions());
  EXPECT_EQ(name_of(symbolizer_.resolve(1, {0x10001, true})), "[unknown]");
  symbolizer_.spaces().of(1).add(
      {.start = 0x10000, .end = 0x11000, .file_offset = 0x1000, .path = path});
  EXPECT_EQ(name_of(symbolizer_.resolve(1, {0x10001, true})), "first");
}

TEST_F(SymbolizedFiles, CannotPutControlCharactersIntoNames) {
  const std::string path = put("app", {.symtab = {{"evil\x1b[2J<script>", 0x401000, 0x20}}});
  const std::uint32_t image = symbolizer_.image(1, {.path = path});
  EXPECT_EQ(name_of(symbolizer_.resolve_in(image, {0x1000, true})), "evil?[2J<script>");
}

}  // namespace
}  // namespace melisai::symbols
