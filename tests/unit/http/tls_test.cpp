// The server over TLS, with a certificate of its own.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "tests/unit/http/serving.h"

namespace melisai::http {
namespace tls_test {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

class HttpTls : public Serving {
 protected:
  void SetUp() override {
    make_key("server");
    if (!std::filesystem::exists(path("server.key"))) GTEST_SKIP() << "needs the openssl program";
  }
  void make_key(const std::string& name) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        path(name + ".key") + " -out " + path(name + ".pem") + " 2> /dev/null";
    [[maybe_unused]] const int ignored = std::system(command.c_str());
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  ServerOptions options() const {
    return {.tls = TlsFiles{.certificate = path("server.pem"), .key = path("server.key")}};
  }
  /// Verifies the certificate, asks, and reads until the end; or why not.
  std::string ask_over_tls(std::string_view bytes, int version_max = TLS1_3_VERSION) const {
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(path("server.pem"));
    context.set_verify_mode(ssl::verify_peer);
    SSL_CTX_set_security_level(context.native_handle(), 0);  // so that old versions are offered
    SSL_CTX_set_max_proto_version(context.native_handle(), version_max);
    asio::io_context loop;
    ssl::stream<tcp::socket> stream(loop, context);
    boost::system::error_code error;
    stream.lowest_layer().connect({asio::ip::address_v4::loopback(), port}, error);
    stream.handshake(ssl::stream_base::client, error);
    if (error) return "handshake: " + error.message();
    asio::write(stream, asio::buffer(bytes.data(), bytes.size()), error);
    std::string got;
    asio::read(stream, asio::dynamic_buffer(got), error);
    // Without a close_notify nobody knows whether that was all.
    return error == asio::error::eof ? got : got + error.message();
  }
  std::string refusal(const TlsFiles& files) const {
    asio::io_context loop;
    const auto server = Server::listen(loop, {.tls = files}, {});
    EXPECT_FALSE(server);
    if (server) return "";
    EXPECT_EQ(server.error().code, Errc::config);
    return server.error().message;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

 private:
  TemporaryDirectory directory_ =
      TemporaryDirectory::make(::testing::TempDir(), "http-tls-test-").value();
};

TEST_F(HttpTls, AnswersAndSaysThatItWasAll) {
  serve(options());
  EXPECT_THAT(ask_over_tls(kGet), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("GET /a\n\n")));
  EXPECT_THAT(ask_over_tls(kGet, TLS1_2_VERSION), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpTls, ServesLargeAnswersAndBodies) {
  serve(options(), [](const Request& request, const Respond& respond) {
    respond({.body = request.body + request.body});
  });
  const std::string answer = ask_over_tls(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000000\r\n"
      "\r\n" +
      std::string(1'000'000, 'x'));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 2'000'000U);
}

TEST_F(HttpTls, RefusesOldVersions) {
  serve(options());
  EXPECT_THAT(ask_over_tls(kGet, TLS1_1_VERSION), StartsWith("handshake: "));
}

TEST_F(HttpTls, HangsUpOnWhoDoesNotSpeakIt) {
  serve(options());
  EXPECT_THAT(ask(kGet), testing::Not(HasSubstr("HTTP/1.1")));
  EXPECT_EQ(counters().requests, 0U);
}

TEST_F(HttpTls, HangsUpOnASlowHandshake) {
  ServerOptions quick = options();
  quick.handshake_timeout = 100ms;
  serve(quick);
  Client client(port);
  client.send(std::string("\x16\x03\x01", 3));
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(counters().timeouts, 1U);
}

TEST_F(HttpTls, DrippingARequestDoesNotBuyTimeEither) {
  ServerOptions quick = options();
  quick.request_timeout = 200ms;
  serve(quick);
  EXPECT_THAT(ask_over_tls("GET / HTTP/1.1\r\n"), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpTls, TakesNewFilesWithoutClosingAnything) {
  serve(options());
  ASSERT_THAT(ask_over_tls(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
  make_key("other");
  std::filesystem::rename(path("other.pem"), path("server.pem"));  // and its key is still to come
  EXPECT_THAT(renewal(), HasSubstr("mismatch"));
  EXPECT_THAT(ask_over_tls(kGet), StartsWith("handshake: ")) << "the old one goes on";
  std::filesystem::rename(path("other.key"), path("server.key"));
  EXPECT_EQ(renewal(), "");
  EXPECT_THAT(ask_over_tls(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpTls, NamesTheFileThatIsWrong) {
  write("junk.pem", "no certificate");
  make_key("other");
  const std::string good = path("server.pem");
  EXPECT_THAT(refusal({path("none.pem"), path("server.key")}),
              AllOf(HasSubstr(path("none.pem")), HasSubstr("No such file")));
  EXPECT_THAT(refusal({path("junk.pem"), path("server.key")}), HasSubstr(path("junk.pem")));
  EXPECT_THAT(refusal({good, path("none.key")}),
              AllOf(HasSubstr(path("none.key")), HasSubstr("No such file")));
  EXPECT_THAT(refusal({good, path("junk.pem")}), HasSubstr(path("junk.pem")));
  EXPECT_THAT(refusal({good, path("other.key")}),
              AllOf(HasSubstr(path("other.key")), HasSubstr("mismatch")));
}

TEST_F(HttpTls, DoesNotAskForThePassphraseOfAKey) {
  const std::string command = "openssl pkcs8 -topk8 -passout pass:secret -in " +
                              path("server.key") + " -out " + path("locked.key");
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(refusal({path("server.pem"), path("locked.key")}), HasSubstr(path("locked.key")));
}

}  // namespace tls_test
}  // namespace melisai::http
