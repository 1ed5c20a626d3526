// Files that the worker must not load, made from a good one, and programs that it must not start.
#include "core/worker/file_checks.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/worker_process.h"

namespace melisai::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class FileChecks : public ::testing::Test {
 protected:
  FileChecks() : directory_(*TemporaryDirectory::make(testing::TempDir(), "file-checks-")) {}

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  /// A copy of a good plugin that only we may change.
  std::string copy() {
    const std::string to = path("good.so");
    fs::copy(zoo_plugin("good"), to);
    fs::permissions(to, fs::perms::owner_all);
    return to;
  }
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(path(name)) << content;
    fs::permissions(path(name), fs::perms::owner_all);
    return path(name);
  }
  void patch(const std::string& file, std::size_t offset, char byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(byte);
  }
  static std::string problem(const Result<std::string>& checked) {
    return checked ? "" : checked.error().message;
  }
  std::string library_problem(const std::string& file) { return problem(check_library(file)); }
  std::string program_problem(const std::string& file) { return problem(check_program(file)); }

  TemporaryDirectory directory_;
};

TEST_F(FileChecks, AGoodPluginPassesUnderItsRealName) {
  const std::string file = copy();
  fs::create_symlink(file, path("link.so"));
  const auto checked = check_library(path("link.so"));
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_THAT(*checked, EndsWith("/good.so"));
}

TEST_F(FileChecks, AFileThatOthersMayChangeIsRefused) {
  const std::string file = copy();
  for (const mode_t mode : {0722u, 0720u, 0702u}) {
    chmod(file.c_str(), mode);
    EXPECT_THAT(library_problem(file),
                AllOf(HasSubstr("writable by group or others (mode 07"), HasSubstr("chmod go-w")));
  }
}

TEST_F(FileChecks, ADirectoryThatOthersMayChangeIsRefusedStickyOrNot) {
  const std::string file = copy();
  for (const mode_t mode : {0770u, 0707u, 01777u}) {
    chmod(directory_.path().c_str(), mode);
    const std::string problem = library_problem(file);
    EXPECT_THAT(problem, HasSubstr("writable by group or others"));
    EXPECT_THAT(problem, ::testing::Not(HasSubstr("good.so")));
  }
}

TEST_F(FileChecks, AFileOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string file = copy();
  ASSERT_EQ(chown(file.c_str(), 4242, 4242), 0);
  EXPECT_THAT(library_problem(file), HasSubstr("belongs to user 4242"));
  ASSERT_EQ(chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(chown(directory_.path().c_str(), 4242, 4242), 0);
  EXPECT_THAT(library_problem(file), HasSubstr("belongs to user 4242"));
}

TEST_F(FileChecks, APluginForAnotherMachineIsNamedAsSuch) {
  const std::string file = copy();
  const auto header = read_file(file, 64 << 20)->substr(0, 64);
  const bool here = header[offsetof(Elf64_Ehdr, e_machine)] == EM_X86_64;
  patch(file, offsetof(Elf64_Ehdr, e_machine), static_cast<char>(here ? EM_AARCH64 : EM_X86_64));
  EXPECT_THAT(library_problem(file),
              HasSubstr(here ? "is built for aarch64, this machine is x86-64; rebuild the plugin"
                             : "is built for x86-64, this machine is"));
}

TEST_F(FileChecks, WhatIsNoLibraryIsNamedAsSuch) {
  EXPECT_THAT(library_problem(write("text.so", "hello, world")), HasSubstr("not a shared library"));
  EXPECT_THAT(library_problem(write("empty.so", "")), HasSubstr("not a shared library"));
  EXPECT_THAT(library_problem(directory_.path()), HasSubstr("not a regular file"));
  EXPECT_THAT(library_problem(path("nothing.so")), HasSubstr("cannot find"));
  ASSERT_EQ(mkfifo(path("pipe.so").c_str(), 0600), 0);
  EXPECT_THAT(library_problem(path("pipe.so")), HasSubstr("not a regular file"));
  const std::string program = copy();
  patch(program, offsetof(Elf64_Ehdr, e_type), ET_EXEC);
  EXPECT_THAT(library_problem(program), HasSubstr("not a shared library"));
}

TEST_F(FileChecks, AFileThatWasCutIsNamedAsSuchAtEveryLength) {
  const std::string whole = *read_file(zoo_plugin("good"), 64 << 20);
  for (const std::size_t size : {4ul, 10ul, 63ul, 64ul, whole.size() / 2, whole.size() - 1})
    EXPECT_THAT(library_problem(write("cut.so", whole.substr(0, size))), HasSubstr("is cut off"))
        << size;
}

TEST_F(FileChecks, AProgramIsAScriptOrForThisMachineAndExecutable) {
  EXPECT_EQ(program_problem(write("script", "#!/bin/sh\n")), "");
  EXPECT_EQ(program_problem("/bin/true"), "");
  EXPECT_THAT(program_problem(write("text", "hello")), HasSubstr("neither a program"));
  const std::string script = write("plain", "#!/bin/sh\n");
  chmod(script.c_str(), 0600);
  EXPECT_THAT(program_problem(script), HasSubstr("chmod u+x"));
  chmod(script.c_str(), 0777);
  EXPECT_THAT(program_problem(script), HasSubstr("writable by group or others"));
}

TEST_F(FileChecks, TheWorkerAnswersWithTheReason) {
  const std::string file = copy();
  chmod(file.c_str(), 0777);
  WorkerProcess worker({file});
  EXPECT_THAT(worker.refusal(), HasSubstr("chmod go-w"));
  worker.close_line();
  EXPECT_EQ(worker.wait(), 0);
}

// Says hello and then what it is: its environment, capabilities and limits.
constexpr const char* kScript = R"script(#!/bin/sh
frame() { printf "\\$(printf %03o $((${#1} & 255)))\\$(printf %03o $((${#1} >> 8)))\0\0%s" "$1"; }
caps=$(grep CapEff /proc/self/status | cut -f2)
text="$(env | cut -d= -f1 | sort | tr '\n' ' ') caps=$caps files=$(ulimit -n)"
frame "{\"type\":\"log\",\"level\":\"info\",\"text\":\"$text\"}"
frame '{"type":"hello","protocol":1,"name":"script","version":"1","metrics":[]}'
cat >/dev/null
)script";

TEST_F(FileChecks, TheWorkerBecomesAProgramWithLimitsAndWithoutCapabilities) {
  WorkerProcess worker({"--program", write("script", kScript)});
  EXPECT_EQ(worker.expect<protocol::Hello>(protocol::HelloRequest{}).name, "script");
  ASSERT_EQ(worker.logs().size(), 1u);
  EXPECT_THAT(worker.logs()[0].text,
              AllOf(HasSubstr("HOME LANG PATH"), HasSubstr("caps=0000000000000000"),
                    EndsWith("files=1024")));
  worker.close_line();
  EXPECT_EQ(worker.wait(), 0);
}

TEST_F(FileChecks, TheWorkerSaysWhyAProgramCannotBeStarted) {
  WorkerProcess text({"--program", write("text", "hello")});
  EXPECT_THAT(text.refusal(), HasSubstr("neither a program"));
  WorkerProcess script({"--program", write("script", "#!/no/such/interpreter\n")});
  EXPECT_THAT(script.refusal(), HasSubstr("cannot start"));
}

}  // namespace
}  // namespace melisai::worker
