#include "core/symbols/elf_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <random>

#include "tests/unit/symbols/elf_fixture.h"

namespace melisai::symbols {
namespace {

Result<ElfFile> opened(const std::string& bytes) {
  Fd file(memfd_create("elf", MFD_CLOEXEC));
  EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return ElfFile::open(std::move(file), "made");
}

std::string function_at(const ElfFile& file, std::uint64_t offset) {
  const auto address = file.address_of(offset);
  Bytes left = kTablesBytesMax;
  const Result<SymbolTable> table = file.symbols(left);
  if (!address || !table) return "";
  const auto symbol = table->find(*address);
  return symbol ? std::string(symbol->name) : "";
}

MadeElf typical() {
  return {.symtab = {{"first", 0x401000, 0x20}, {"second", 0x401020, 0x20}},
          .dynsym = {{"exported", 0x401000, 0x40}},
          .build_id = "\x01\xab\xcd",
          .link = "made.debug",
          .link_crc = 0x12345678};
}

TEST(ElfFile, FindsFunctionsByOffsetInTheFile) {
  const Result<ElfFile> file = opened(elf_bytes(typical()));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(function_at(*file, 0x1000), "first");
  EXPECT_EQ(function_at(*file, 0x1020), "second");
  EXPECT_EQ(function_at(*file, 0x0fff), "") << "before the segment";
  EXPECT_EQ(function_at(*file, 0x2000), "") << "behind it";
  EXPECT_TRUE(file->has_full_symbols());
}

TEST(ElfFile, ReadsTheCallBeforeAReturnAddress) {
  const MadeElf made = typical();
  const auto file = opened(with_call(elf_bytes(made), made, 0x401020, 0x401000));
  ASSERT_TRUE(file) << file.error().message;
  const std::optional<Call> call = file->call_before(0x1025);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->target, 0x401000u) << "backwards";
  for (const std::uint64_t offset :
       {0ull, 4ull, 0x1024ull, 0x1026ull, 0x1002ull, 0x2003ull, 0x9000ull, ~0ull})
    EXPECT_FALSE(file->call_before(offset)) << offset;
}

/// Whether a call without a known target ends at 0x1030.
bool is_call_by_pointer(const std::string& code, std::uint16_t machine = EM_X86_64) {
  const MadeElf made = typical();
  std::string bytes = with_call(elf_bytes(made), made, 0x401100, 0x401000);
  bytes.replace(offsetof(Elf64_Ehdr, e_machine), sizeof machine, made::bytes_of(machine));
  bytes.replace(0x1030 - code.size(), code.size(), code);
  const auto file = opened(bytes);
  const auto call = file ? file->call_before(0x1030) : std::nullopt;
  return call && !call->target;
}

TEST(ElfFile, ReadsCallsByPointers) {
  using std::string_literals::operator""s;
  EXPECT_TRUE(is_call_by_pointer("\xff\xd0")) << "call *%rax";
  EXPECT_TRUE(is_call_by_pointer("\x41\xff\xd4")) << "call *%r12";
  EXPECT_TRUE(is_call_by_pointer("\xff\x50\x08")) << "call *8(%rax)";
  EXPECT_TRUE(is_call_by_pointer("\xff\x14\xc1")) << "call *(%rcx,%rax,8)";
  EXPECT_TRUE(is_call_by_pointer("\xff\x54\x24\x10")) << "call *16(%rsp)";
  EXPECT_TRUE(is_call_by_pointer("\xff\x15\x10\x20\0\0"s)) << "call *0x2010(%rip)";
  EXPECT_TRUE(is_call_by_pointer("\xff\x90\x10\x01\0\0"s)) << "call *272(%rax)";
  EXPECT_TRUE(is_call_by_pointer("\xff\x94\x24\x10\x01\0\0"s)) << "call *272(%rsp)";
  EXPECT_FALSE(is_call_by_pointer("\xff\xe0")) << "jmp *%rax";
  EXPECT_FALSE(is_call_by_pointer("\xff\x50")) << "cut";
  EXPECT_FALSE(is_call_by_pointer("\xff\xc0")) << "inc %eax";
}

TEST(ElfFile, ReadsCallsOfArm) {
  const MadeElf made = typical();
  std::string bytes = with_call(elf_bytes(made), made, 0x401040, 0x401000);
  bytes.replace(offsetof(Elf64_Ehdr, e_machine), 2, made::bytes_of(std::uint16_t{EM_AARCH64}));
  bytes.replace(0x1020, 4, made::bytes_of(0x94000000u | (0x3ffffffu & -8u)));  // BL -32
  const auto file = opened(bytes);
  ASSERT_TRUE(file) << file.error().message;
  const std::optional<Call> call = file->call_before(0x1024);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->target, 0x401000u);
  EXPECT_FALSE(file->call_before(0x1025));
  EXPECT_TRUE(is_call_by_pointer(made::bytes_of(0xd63f0100u), EM_AARCH64)) << "blr x8";
  EXPECT_FALSE(is_call_by_pointer(made::bytes_of(0xd61f0100u), EM_AARCH64)) << "br x8";
}

TEST(ElfFile, TakesDynamicSymbolsOfAStrippedFile) {
  MadeElf made = typical();
  made.symtab.clear();
  const Result<ElfFile> file = opened(elf_bytes(made));
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->has_full_symbols());
  EXPECT_EQ(function_at(*file, 0x1030), "exported");
}

TEST(ElfFile, ReadsBuildIdAndDebugLink) {
  const Result<ElfFile> file = opened(elf_bytes(typical()));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->build_id(), "01abcd");
  ASSERT_TRUE(file->debug_link());
  EXPECT_EQ(file->debug_link()->name, "made.debug");
  EXPECT_EQ(file->debug_link()->crc, 0x12345678u);
}

TEST(ElfFile, RefusesALinkThatLeavesItsDirectory) {
  MadeElf made = typical();
  made.link = "../../etc/shadow";
  const Result<ElfFile> file = opened(elf_bytes(made));
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->debug_link());
}

TEST(ElfFile, LeavesOutWhatIsNoFunction) {
  MadeElf made;
  made.symtab = {{"variable", 0x401000, 8, STB_GLOBAL, STT_OBJECT},
                 {".L5", 0x401000, 0, STB_LOCAL, STT_NOTYPE},
                 {"", 0x401000, 8},
                 {std::string(5'000, 'x'), 0x401000, 8},
                 {"label", 0x401010, 0, STB_GLOBAL, STT_NOTYPE},
                 {"chosen_at_start", 0x401020, 8, STB_GLOBAL, 10}};
  const Result<ElfFile> file = opened(elf_bytes(made));
  ASSERT_TRUE(file);
  EXPECT_EQ(function_at(*file, 0x1004), "");
  EXPECT_EQ(function_at(*file, 0x1018), "label");
  EXPECT_EQ(function_at(*file, 0x1020), "chosen_at_start");
}

TEST(ElfFile, SaysWhatIsWrong) {
  EXPECT_EQ(opened("#!/bin/sh\n").error().code, Errc::parse);
  EXPECT_EQ(opened("").error().code, Errc::parse);
  Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ElfFile::open(std::move(null), "null").error().code, Errc::parse);
}

// Whatever a hostile file says, it is read or refused: nothing crashes, hangs or takes memory that
// the file does not have. The sanitizers watch.
TEST(ElfFile, SurvivesFilesThatEndEarly) {
  const std::string bytes = elf_bytes(typical());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    if (const Result<ElfFile> file = opened(bytes.substr(0, size))) function_at(*file, 0x1000);
}

TEST(ElfFile, SurvivesDamagedFiles) {
  const std::string bytes = elf_bytes(typical());
  std::mt19937 random(7);
  for (int round = 0; round < 4'000; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 1 + round % 4; ++i) {
      const char values[] = {0, 1, '\x7f', '\xff', static_cast<char>(random())};
      damaged[random() % damaged.size()] = values[random() % 5];
    }
    const Result<ElfFile> file = opened(damaged);
    if (!file) continue;
    function_at(*file, 0x1000);
    file->debug_bytes(1 << 20);
  }
}

TEST(ElfFile, TakesMemoryForTablesFromWhatIsLeft) {
  const ElfFile file = *opened(elf_bytes(typical()));
  Bytes left = 1'000;
  ASSERT_TRUE(file.symbols(left));
  EXPECT_LT(left, 1'000u);
  Bytes little = 10;
  const auto table = file.symbols(little);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, Errc::limit);
  EXPECT_EQ(little, 10u);
}

TEST(ElfFile, EndsNamesWithTheirSection) {
  std::string bytes = elf_bytes({.symtab = {{"open_end", 0x401000, 8}}});
  const std::size_t at = bytes.find(std::string("open_end") + '\0');
  ASSERT_NE(at, std::string::npos);
  bytes[at + 8] = 'x';  // no terminator within the section any more
  const Result<ElfFile> file = opened(bytes);
  ASSERT_TRUE(file);
  EXPECT_EQ(function_at(*file, 0x1000), "");
}

TEST(ElfFile, ReadsTheObjectOfTheKernel) {
  const Result<ElfFile> vdso = ElfFile::own_vdso();
  if (!vdso) GTEST_SKIP() << vdso.error().message;
  Bytes left = kTablesBytesMax;
  EXPECT_GT(vdso->symbols(left)->size(), 0u);
}

}  // namespace
}  // namespace melisai::symbols
