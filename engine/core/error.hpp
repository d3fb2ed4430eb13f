#pragma once

#include <stdexcept>
#include <string>

/// The project's exceptions. Each message is the one line that the user reads: what went wrong, where, what
/// was expected, and what to do. `main` catches them and turns them into an exit code.
namespace lenet {

/// Base class of all: a run-time error (exit code 1).
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line, the environment or the configuration file is wrong (exit code 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A data set is missing, malformed or could not be fetched.
class DataError : public Error {
 public:
  using Error::Error;
};

/// A file could not be opened, read or written.
class IoError : public Error {
 public:
  using Error::Error;
};

/// A weights file is malformed or belongs to another model.
class CheckpointError : public Error {
 public:
  using Error::Error;
};

/// A graph cannot be built: shapes do not fit, or a name is used twice.
class GraphError : public Error {
 public:
  using Error::Error;
};

/// A device is missing, unusable, out of memory, or failed.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// Training cannot go on: the loss is not finite.
class TrainingError : public Error {
 public:
  using Error::Error;
};

}  // namespace lenet
