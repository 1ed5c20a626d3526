#include "tests/e2e/support/web_server.h"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

bool make_certificate(const std::string& directory) {
  const Ran made = run_program(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
       "subjectAltName=IP:127.0.0.1"},
      directory);
  EXPECT_EQ(made.code, 0) << made.err;
  return made.code == 0;
}

WebServer::WebServer(std::string directory, Tls tls) : directory_(std::move(directory)), tls_(tls) {
  const std::string kept = directory_ + "/web";
  std::filesystem::create_directory(kept);
  Words words{"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/e2e/support/web_server.py", kept};
  if (tls_ == Tls::on) {
    const Words files{"--tls", directory_ + "/cert.pem", directory_ + "/key.pem"};
    words.insert(words.end(), files.begin(), files.end());
  }
  pid_ = start_program(words, directory_,
                       {.out = directory_ + "/web.out", .err = directory_ + "/web.err"});
  EXPECT_TRUE(eventually([&] { return static_cast<bool>(std::ifstream(kept + "/port") >> port_); },
                         std::chrono::seconds(40)));
}

WebServer::~WebServer() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string WebServer::url(const std::string& path) const {
  return (tls_ == Tls::on ? "https://127.0.0.1:" : "http://127.0.0.1:") + port_ + path;
}

std::string WebServer::request(int number) const {
  std::ostringstream text;
  text << std::ifstream(directory_ + "/web/request-" + std::to_string(number)).rdbuf();
  return text.str();
}

void WebServer::answers(const std::string& body) const {
  std::ofstream(directory_ + "/web/answer") << body;
}

}  // namespace melisai::e2e
