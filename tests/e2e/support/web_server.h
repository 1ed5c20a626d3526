// A real web server on loopback, plain or with a certificate of its own (web_server.py says what it
// answers).
#pragma once

#include <sys/types.h>

#include <string>

namespace melisai::e2e {

/// A key and a certificate for 127.0.0.1, made in `directory` as key.pem and cert.pem. False when
/// they cannot be made.
bool make_certificate(const std::string& directory);

class WebServer {
 public:
  enum class Tls { off, on };
  /// Keeps its files in `directory`/web; with TLS by `directory`/cert.pem and key.pem.
  explicit WebServer(std::string directory, Tls tls = Tls::off);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string port() const { return port_; }  ///< "" when it did not start
  /// "http://127.0.0.1:PORT" + path.
  std::string url(const std::string& path) const;
  std::string request(int number) const;        ///< "" when there is none (yet)
  void answers(const std::string& body) const;  ///< from now on, where no path says another one

 private:
  std::string directory_;
  Tls tls_;
  pid_t pid_ = 0;
  std::string port_;
};

}  // namespace melisai::e2e
