// A wire on a stream of Asio. A template, instantiated once for TCP and, in a file of its own
// because that is slow to compile, once for TLS on it.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/http/wire.h"

namespace melisai::http {

template <class Stream>
class WireOn : public Wire {
 public:
  template <class... Arguments>
  explicit WireOn(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

  void read_some(char* data, std::size_t size, Done done) override {
    stream_.async_read_some(boost::asio::buffer(data, size), adapted(std::move(done)));
  }
  void write(std::string_view first, std::string_view second, Done done) override {
    const std::array<boost::asio::const_buffer, 2> both{
        boost::asio::buffer(first.data(), first.size()),
        boost::asio::buffer(second.data(), second.size())};
    boost::asio::async_write(stream_, both, adapted(std::move(done)));
  }
  void close() override {
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

 protected:
  static auto adapted(Done done) {
    return [done = std::move(done)](const boost::system::error_code& error, std::size_t size) {
      done(!error, size);
    };
  }

  Stream stream_;  // NOLINT(readability-identifier-naming): private but for the two wires
};

}  // namespace melisai::http
