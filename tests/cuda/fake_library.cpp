// Stands in for a library that only has to exist, or not.
extern "C" int lenet_fake_library() { return 1; }
