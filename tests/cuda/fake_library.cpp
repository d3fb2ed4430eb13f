// Stands in for a library that only has to be there, or not.
extern "C" int lenet_fake_library() { return 1; }
