# For debian:12-slim: what mmdebstrap has put together.
FROM scratch AS debian
ADD debian.tar /
CMD ["bash"]
