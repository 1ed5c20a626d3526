// Files that a user named. In a directory of our own, never with devices of the machine.
#include "core/base/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/files.h"

namespace melisai {
namespace output_test {

namespace fs = std::filesystem;

class Output : public ::testing::Test {
 protected:
  std::string in(const std::string& name) const { return directory_.path() + "/" + name; }
  static std::string content_of(const std::string& path) { return read_file(path, 100).value(); }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(fs::temp_directory_path(), "melisai-output-").value();
};

TEST_F(Output, ReplacesAFileAsAWhole) {
  std::ofstream(in("file")) << "old and longer";
  std::ifstream before(in("file"));
  ASSERT_TRUE(write_output(in("file"), "new"));
  EXPECT_EQ(content_of(in("file")), "new");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(before), {}), "old and longer");
  ASSERT_TRUE(write_output(in("absent"), "new"));
  EXPECT_EQ(content_of(in("absent")), "new");
}

TEST_F(Output, FollowsALink) {
  std::ofstream(in("target")) << "old and longer";
  ASSERT_EQ(symlink("target", in("link").c_str()), 0);
  ASSERT_EQ(symlink("absent", in("early").c_str()), 0);
  ASSERT_TRUE(write_output(in("link"), "new"));
  ASSERT_TRUE(write_output(in("early"), "new"));
  EXPECT_TRUE(fs::is_symlink(in("link")) && fs::is_symlink(in("early")));
  EXPECT_EQ(content_of(in("target")), "new");
  EXPECT_EQ(content_of(in("absent")), "new");
}

TEST_F(Output, GoesIntoAFifo) {
  ASSERT_EQ(mkfifo(in("fifo").c_str(), 0600), 0);
  const std::string content(1 << 20, 'x');  // more than a pipe holds
  std::string seen;
  std::thread reader([&] {
    std::ifstream fifo(in("fifo"));
    seen.assign(std::istreambuf_iterator<char>(fifo), {});
  });
  const Result<void> written = write_output(in("fifo"), content);
  // Lets the reader go also when nobody wrote.
  close(open(in("fifo").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  reader.join();
  EXPECT_TRUE(written);
  EXPECT_EQ(seen.size(), content.size());
  EXPECT_TRUE(fs::is_fifo(in("fifo")));
}

TEST_F(Output, WaitsForTheReaderOfAFifoForSomeTimeOnly) {
  ASSERT_EQ(mkfifo(in("fifo").c_str(), 0600), 0);
  constexpr Milliseconds kShort{20};
  const Result<void> alone = write_output(in("fifo"), "text", kShort);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, Errc::timeout);
  EXPECT_NE(alone.error().message.find("nobody read it for 20 ms; start its reader first"),
            std::string::npos)
      << alone.error().message;
  // One that takes nothing of what a pipe does not hold.
  const int reader = open(in("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const Result<void> stuck = write_output(in("fifo"), std::string(1 << 20, 'x'), kShort);
  ASSERT_FALSE(stuck);
  EXPECT_EQ(stuck.error().code, Errc::timeout);
  close(reader);
}

TEST_F(Output, IsNoDirectoryAndNoSocket) {
  fs::create_directory(in("taken"));
  EXPECT_EQ(write_output(in("taken"), "text").error().code, Errc::io);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  in("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_NE(write_output(in("socket"), "text").error().message.find("name a file"),
            std::string::npos);
  EXPECT_TRUE(fs::is_socket(in("socket")));
  close(fd);
}

TEST_F(Output, NeedsItsDirectory) {
  EXPECT_EQ(write_output(in("none/a"), "text").error().code, Errc::not_found);
}

}  // namespace output_test
}  // namespace melisai
