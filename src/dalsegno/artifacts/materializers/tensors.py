"""Tensors of torch by the bytes of their numbers; models and other tensors as `torch.save` writes them, by pickle."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import torch  # pyright: ignore[reportMissingImports] - it is too large to be installed for its tests

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target
from dalsegno.artifacts.materializers.errors import CannotKeep


class Tensor(Materializer):
    """A dense `torch.Tensor` that is no parameter: numbers, shape, dtype, device, and whether it wants a gradient.

    One of a device that is not there comes back in the memory of the processor.
    """

    kind = "torch.Tensor"
    suffix = ".bin"

    def save(self, value: Any, target: Target) -> None:
        """Write the numbers."""
        if type(value) is not torch.Tensor or value.layout is not torch.strided or value.is_quantized:
            raise Declined
        if value.grad_fn is not None:
            raise CannotKeep("a tensor that was computed with gradients", "return `.detach()` of it")
        target.keep("shape", list(value.shape))
        target.keep("dtype", str(value.dtype).removeprefix("torch."))
        target.keep("device", str(value.device))
        target.keep("gradient", bool(value.requires_grad))
        numbers = value.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
        with target.open() as file:
            if numbers.numel():
                file.write(memoryview(numbers.view(torch.uint8).numpy()))

    def load(self, source: Source) -> Any:
        """Make the tensor again."""
        dtype, shape = getattr(torch, source.kept("dtype")), source.kept("shape")
        data = source.memory()
        tensor = torch.frombuffer(data, dtype=dtype).reshape(shape) if data.nbytes else torch.empty(shape, dtype=dtype)
        device = source.kept("device")
        if device != "cpu" and _there(device):
            tensor = tensor.to(device)
        return tensor.requires_grad_(source.kept("gradient"))

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell shape, dtype and device."""
        dtype = str(value.dtype).removeprefix("torch.")
        return {"shape": list(value.shape), "dtype": dtype, "device": str(value.device)}


def _there(device: str) -> bool:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        return False
    return True


class Saved(Materializer):
    """Modules, parameters and tensors of other kinds: as `torch.save` writes them."""

    kind = "torch.saved"
    suffix = ".pt"
    unsafe = True

    def save(self, value: Any, target: Target) -> None:
        """Write the value."""
        data = BytesIO()
        torch.save(value, data)
        with target.open() as file:
            file.write(data.getbuffer())

    def load(self, source: Source) -> Any:
        """Read the value; what was on a device that is not there comes to the processor."""
        with source.open() as file:
            return torch.load(file, map_location=None if torch.cuda.is_available() else "cpu", weights_only=False)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell how many numbers are in a module."""
        if not isinstance(value, torch.nn.Module):
            return {}
        return {"parameters": sum(parameter.numel() for parameter in value.parameters()), "training": value.training}
