#include "core/http/request_reader.h"

#include <gtest/gtest.h>

#include "core/base/rng.h"

namespace melisai::http {
namespace request_reader_test {

using State = RequestReader::State;

struct Read {
  State state;
  Refusal refusal;
  Request request;
  std::string rest;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece, const ReaderLimits& limits = {}) {
  RequestReader reader(limits);
  std::string input;
  State state = State::head;
  while (!bytes.empty() && (state == State::head || state == State::body)) {
    input += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    state = reader.read(input);
  }
  Read read{.state = state, .refusal = reader.refusal(), .rest = input + std::string(bytes)};
  if (state == State::whole) read.request = reader.take();
  return read;
}

Read read_all(std::string_view bytes, const ReaderLimits& limits = {}) {
  return read_in_pieces(bytes, bytes.size(), limits);
}

constexpr std::string_view kPost =
    "POST /hooks/github/demo?x=1 HTTP/1.1\r\nHost: a\r\nX-Event: push\r\nContent-Length: 5\r\n\r\n"
    "helloGET / HTTP/1.1\r\n";

TEST(RequestReader, ReadsARequestAndLeavesTheNext) {
  const Read read = read_all(kPost);
  ASSERT_EQ(read.state, State::whole) << read.refusal.detail;
  EXPECT_EQ(read.request.method, "POST");
  EXPECT_EQ(read.request.target, "/hooks/github/demo?x=1");
  EXPECT_EQ(read.request.path, "/hooks/github/demo");
  EXPECT_EQ(read.request.query.at("x"), "1");
  EXPECT_EQ(read.request.header("x-event"), "push");
  EXPECT_EQ(read.request.body, "hello");
  EXPECT_EQ(read.rest, "GET / HTTP/1.1\r\n");
}

TEST(RequestReader, MakesRoomForWhatComesOnlyAndSaysHowMuch) {
  RequestReader reader({});
  std::string input = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  EXPECT_EQ(reader.read(input), State::body);
  EXPECT_EQ(reader.body_bytes(), 0U);
  input = "x";
  EXPECT_EQ(reader.read(input), State::body);
  EXPECT_GT(reader.body_bytes(), 0U);
  EXPECT_LT(reader.body_bytes(), 1'000U);
  input = std::string(600'000, 'x');
  EXPECT_EQ(reader.read(input), State::body);
  EXPECT_GT(reader.body_bytes(), 600'000U);
  input = std::string(399'999, 'x');
  EXPECT_EQ(reader.read(input), State::whole);
  const Bytes room = reader.body_bytes();
  const Request request = reader.take();
  EXPECT_EQ(request.body, std::string(1'000'000, 'x'));
  EXPECT_EQ(room, request.body.capacity());
}

TEST(RequestReader, ReadsTheSameInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece < kPost.size(); ++piece) {
    const Read read = read_in_pieces(kPost, piece);
    ASSERT_EQ(read.state, State::whole) << piece << ": " << read.refusal.detail;
    EXPECT_EQ(read.request.body, "hello") << piece;
    EXPECT_EQ(read.rest, "GET / HTTP/1.1\r\n") << piece;
  }
}

constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nX-Event: forged\r\n\r\nrest";

TEST(RequestReader, JoinsChunksAndForgetsTrailers) {
  for (std::size_t piece = 1; piece <= kChunked.size(); ++piece) {
    const Read read = read_in_pieces(kChunked, piece);
    ASSERT_EQ(read.state, State::whole) << piece << ": " << read.refusal.detail;
    EXPECT_EQ(read.request.body, "hello world");
    EXPECT_EQ(read.request.count("X-Event"), 0);
    EXPECT_EQ(read.rest, "rest") << piece;
  }
}

TEST(RequestReader, SaysGetForHead) {
  RequestReader reader({});
  std::string input = "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(reader.read(input), State::whole);
  EXPECT_TRUE(reader.is_head_method());
  EXPECT_EQ(reader.take().method, "GET");
}

TEST(RequestReader, SkipsOneEmptyLineBeforeARequest) {
  for (const std::size_t piece : {1U, 2U, 3U, 100U})
    EXPECT_EQ(read_in_pieces("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", piece).state, State::whole);
  EXPECT_EQ(read_all("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").state, State::refused);
}

TEST(RequestReader, KeepsAliveAsTheVersionsDo) {
  const auto keeps = [](std::string input) {
    RequestReader reader({});
    EXPECT_EQ(reader.read(input), State::whole) << reader.refusal().detail;
    return reader.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestReader, KnowsWhoWaitsForContinue) {
  const auto waits = [](const std::string& more) {
    RequestReader reader({});
    std::string input = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n" + more + "\r\n";
    EXPECT_EQ(reader.read(input), State::body);
    return reader.wants_continue();
  };
  EXPECT_TRUE(waits("Expect: 100-Continue\r\n"));
  EXPECT_FALSE(waits("Expect: wonders\r\n"));
  EXPECT_FALSE(waits(""));
}

TEST(RequestReader, TakesWhatIsJustWithinTheLimits) {
  const ReaderLimits limits{.head_max = 100, .headers_max = 2, .body_max = 4};
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  head.insert(6, 100 - head.size(), 'x');
  EXPECT_EQ(read_all(head + "four", limits).state, State::whole);
  EXPECT_EQ(read_all(head.insert(6, 1, 'x') + "four", limits).refusal.status, 431);
}

TEST(RequestReader, RefusesAsSoonAsItIsTooMuch) {
  const ReaderLimits limits{.head_max = 100, .headers_max = 2, .body_max = 4};
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_all("GET /" + std::string(95, 'x'), limits).refusal.status, 431);
  EXPECT_EQ(read_all("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", limits).refusal.status,
            431);
  EXPECT_EQ(
      read_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", limits).refusal.status,
      413);
  EXPECT_EQ(read_all(chunked + "5\r\n", limits).refusal.status, 413);
  EXPECT_EQ(read_all(chunked + "3\r\nabc\r\n2\r\n", limits).refusal.status, 413);
  EXPECT_EQ(read_all(chunked + "1;" + std::string(9000, 'x'), limits).refusal.status, 400);
  EXPECT_EQ(read_all(chunked + "0\r\nX: " + std::string(9000, 'x'), limits).refusal.status, 400);
}

// Two readers that see the same bytes in different pieces must not read two different requests.
TEST(RequestReader, ReadsTheSameInPiecesWhateverIsWrong) {
  SeededRng rng(8);
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes(rng.below(2) == 0 ? kPost : kChunked);
    for (std::uint64_t left = 1 + rng.below(3); left > 0; --left) {
      constexpr std::string_view kNotable = "\r\n :,;0159afxX\t+-";
      const std::size_t at = rng.below(bytes.size());
      const char byte = kNotable[rng.below(kNotable.size())];
      if (rng.below(3) == 0)
        bytes.insert(at, 1, byte);
      else if (rng.below(2) == 0)
        bytes.erase(at, 1 + rng.below(4));
      else
        bytes[at] = rng.below(4) == 0 ? static_cast<char>(rng.below(256)) : byte;
    }
    const Read whole = read_all(bytes);
    const Read pieces = read_in_pieces(bytes, 1 + rng.below(9));
    ASSERT_EQ(whole.state, pieces.state) << bytes;
    ASSERT_EQ(whole.refusal.status, pieces.refusal.status) << bytes;
    ASSERT_EQ(whole.request.body, pieces.request.body) << bytes;
    ASSERT_EQ(whole.request.headers, pieces.request.headers) << bytes;
    if (whole.state != State::whole) continue;
    ASSERT_EQ(whole.rest, pieces.rest) << bytes;
  }
}

struct Refused {
  const char* name;
  std::string bytes;
};
void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, InPiecesOfAnySize) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, GetParam().bytes.size()}) {
    const Read read = read_in_pieces(GetParam().bytes, piece);
    EXPECT_EQ(read.state, State::refused) << piece << ": " << read.request.body;
    EXPECT_EQ(read.refusal.status, 400);
    EXPECT_NE(read.refusal.detail, "");
  }
}

std::string with(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return with("Transfer-Encoding: chunked\r\n", body);
}
std::string line(const std::string& first) { return first + "\r\nHost: a\r\n\r\n"; }

const std::string kNul(1, '\0');

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequest,
    testing::Values(
        Refused{"LengthAndChunked", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
        Refused{"ChunkedAndLength", with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
        Refused{"TwoLengths", with("Content-Length: 3\r\nContent-Length: 4\r\n")},
        Refused{"TheSameLengthTwice", with("Content-Length: 3\r\nContent-Length: 3\r\n")},
        Refused{"LengthList", with("Content-Length: 3, 3\r\n")},
        Refused{"SignedLength", with("Content-Length: +3\r\n")},
        Refused{"NegativeLength", with("Content-Length: -1\r\n")},
        Refused{"HexLength", with("Content-Length: 0x3\r\n")},
        Refused{"EmptyLength", with("Content-Length:\r\n")},
        Refused{"LengthBeyond64Bits", with("Content-Length: 18446744073709551617\r\n")},
        Refused{"OtherCoding", with("Transfer-Encoding: gzip\r\n")},
        Refused{"CodingAndChunked", with("Transfer-Encoding: gzip, chunked\r\n")},
        Refused{"ChunkedTwice", with("Transfer-Encoding: chunked, chunked\r\n")},
        Refused{"TwoCodings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")},
        Refused{"HiddenCoding", with("Transfer-Encoding: xchunked\r\n")},
        Refused{"CodingAfterTab", with("Transfer-Encoding:\x0b"
                                       "chunked\r\n")},
        Refused{"ChunkedIn10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        Refused{"SpaceBeforeColon", with("Content-Length : 3\r\n")},
        Refused{"FoldedHeader", with("X: a\r\n b\r\n")},
        Refused{"FoldedByTab", with("X: a\r\n\tTransfer-Encoding: chunked\r\n")},
        Refused{"ChunkSizeOfNothing", chunked("\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkSizeSigned", chunked("+5\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkSizePrefixed", chunked("0x5\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkSizeAfterSpace", chunked(" 5\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkSizeBeyond64Bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkLineOfLf", chunked("5\nhello\r\n0\r\n\r\n" + std::string(9000, 'x'))},
        Refused{"ChunkLongerThanItsSize", chunked("4\r\nhello\r\n0\r\n\r\n")},
        Refused{"ChunkEndOfLf", chunked("5\r\nhello\n0\r\n\r\n" + std::string(9000, 'x'))}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Head, RefusedRequest,
    testing::Values(Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n"},
                    Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
                    Refused{"TwoHostsIn10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
                    Refused{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
                    Refused{"Http12", line("GET / HTTP/1.2")}, Refused{"Http09", line("GET /")},
                    Refused{"NoVersion", line("GET / HTTP/")},
                    Refused{"TwoSpaces", line("GET  / HTTP/1.1")},
                    Refused{"LeadingSpace", line(" GET / HTTP/1.1")},
                    Refused{"TabInLine", line("GET\t/ HTTP/1.1")},
                    Refused{"SpaceInTarget", line("GET /a b HTTP/1.1")},
                    Refused{"WholeAddress", line("GET http://a/ HTTP/1.1")},
                    Refused{"Authority", line("CONNECT a:443 HTTP/1.1")},
                    Refused{"Asterisk", line("OPTIONS * HTTP/1.1")},
                    Refused{"DotDot", line("GET /a/%2e%2e/b HTTP/1.1")},
                    Refused{"NotAscii", line("GET /\xc3\xa4 HTTP/1.1")},
                    Refused{"NulInTarget", line("GET /" + kNul + " HTTP/1.1")},
                    Refused{"NulInValue", with("X: a" + kNul + "b\r\n")},
                    Refused{"NulInName", with("X" + kNul + ": a\r\n")},
                    Refused{"EscapeInValue", with("X: \x1b[31m\r\n")},
                    Refused{"BareLf", "GET / HTTP/1.1\nHost: a\n\n"},
                    Refused{"BareLfInHeader", with("X: a\nY: b\r\n")},
                    Refused{"BareCrInHeader", with("X: a\rY: b\r\n")},
                    Refused{"BareCrAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"},
                    Refused{"NoColon", with("hello\r\n")}, Refused{"NoName", with(": a\r\n")},
                    Refused{"SpaceInName", with("X Y: a\r\n")},
                    Refused{"Tls", std::string("\x16\x03\x01\x02\x00\x01\x00", 7)}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace request_reader_test
}  // namespace melisai::http
