#include "io/readers/hdf5_child.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>

#include <fcntl.h>
#include <hdf5.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

constexpr std::size_t max_reply_bytes = std::size_t{512} << 20;
constexpr rlim_t max_new_memory_bytes = rlim_t{4} << 30;

herr_t fork_now(unsigned, const H5E_error2_t*, void* data) {
  *static_cast<pid_t*>(data) = ::fork();
  return 0;
}

/// Forks inside a call of the library: the calling thread then holds the library's lock, so that
/// no other thread of the parent can have left the child's copy locked.
pid_t fork_holding_hdf5() {
  pid_t child = -1;
  const hid_t stack = H5Ecreate_stack();
  H5Epush2(stack, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_NONE_MAJOR, H5E_NONE_MINOR,
           "fork");
  H5Ewalk2(stack, H5E_WALK_UPWARD, fork_now, &child);
  if (child != 0) H5Eclose_stack(stack);  // the child is about to end anyway
  return child;
}

void limit_child(int limit_s) {
  const auto limit = [](int what, rlim_t soft, rlim_t hard) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource>(what), &now);
    now.rlim_max = std::min(now.rlim_max, hard);
    now.rlim_cur = std::min(now.rlim_max, soft);
    ::setrlimit(static_cast<__rlimit_resource>(what), &now);
  };
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limit_s), static_cast<rlim_t>(limit_s) + 1);
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages > 0) {
    const rlim_t most = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + max_new_memory_bytes;
    limit(RLIMIT_AS, most, most);
  }
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGALRM}) {
    std::signal(signal, SIG_DFL);
  }
  // What a dying library prints is of no use to anybody.
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
}

bool send_all(int pipe, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::write(pipe, bytes.data() + sent, bytes.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

/// First byte 'v' and a value, or 'e' and the four texts of an Error, NUL between them.
[[noreturn]] void work_in_child(const std::function<std::string()>& work, int pipe, int limit_s) {
  limit_child(limit_s);
  std::string reply;
  try {
    reply = work();
    reply.insert(std::size_t{0}, std::size_t{1}, 'v');
  } catch (const Error& error) {
    std::string fact = error.text();
    const std::string tail = (error.where().empty() ? "" : " in " + error.where()) +
                             (error.remedy().empty() ? "" : " - " + error.remedy());
    fact.resize(fact.size() - std::min(fact.size(), tail.size()));
    reply = "e" + error.code() + '\0' + fact + '\0' + error.where() + '\0' + error.remedy();
  } catch (const std::exception&) {
    ::_exit(3);
  }
  ::_exit(send_all(pipe, reply) ? 0 : 4);
}

/// Everything the child sends until it closes its end; false if it takes too long or sends too
/// much.
bool receive_all(int pipe, int limit_s, std::string& bytes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 * limit_s);
  std::string buffer(1 << 16, '\0');
  while (bytes.size() <= max_reply_bytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wait{pipe, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t n = ::read(pipe, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return false;
}

[[noreturn]] void throw_sent(const std::string& reply) {
  std::string part[4];
  std::size_t at = 1;
  for (std::string& text : part) {
    const std::size_t end = std::min(reply.find('\0', at), reply.size());
    text = reply.substr(std::min(at, reply.size()), end - std::min(at, end));
    at = end + 1;
  }
  throw Error(part[0], part[1], part[2], part[3]);
}

}  // namespace

std::string in_hdf5_child(const std::function<std::string()>& work, const std::string& file,
                          int limit_s) {
  int ends[2];
  const bool piped = ::pipe2(ends, O_CLOEXEC) == 0;
  const pid_t child = piped ? fork_holding_hdf5() : -1;
  if (child < 0) {
    if (piped) {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    throw Error(
        "E-MEM-002", std::string("no process to read HDF5 in (") + std::strerror(errno) + ")", file,
        "end other programs, or raise the limits of processes and files", ExitCode::resource);
  }
  if (child == 0) work_in_child(work, ends[1], limit_s);
  ::close(ends[1]);
  std::string reply;
  const bool complete = receive_all(ends[0], limit_s, reply);
  ::close(ends[0]);
  if (!complete) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ended_well = complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (ended_well && !reply.empty() && reply[0] == 'e') throw_sent(reply);
  if (!ended_well || reply.empty() || reply[0] != 'v') {
    const bool endless = !complete || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
    const char* why = endless               ? "the HDF5 library did not finish"
                      : WIFSIGNALED(status) ? "the HDF5 library crashed on it"
                                            : "the HDF5 library failed on it";
    throw Error("E-H5-001", std::string("damaged HDF5 file (") + why + ")", file,
                "copy or export the file again");
  }
  reply.erase(0, 1);
  return reply;
}

}  // namespace gadolin::io
