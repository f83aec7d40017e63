"""A tiny Whisper with random weights in the format of CTranslate2: it hears nonsense, in the right shapes."""

from __future__ import annotations

from pathlib import Path

import torch
from ctranslate2.converters.transformers import WhisperLoader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import WhisperConfig, WhisperForConditionalGeneration

_LANGUAGES = ("en", "zh", "de")
_START, _END = "<|startoftranscript|>", "<|endoftext|>"


def whisper(folder: Path) -> str:
    """A model folder, as faster-whisper loads it."""
    folder.mkdir(parents=True)
    tokenizer = _tokenizer()
    ids = tokenizer.get_vocab()
    config = WhisperConfig(
        vocab_size=len(ids),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        bos_token_id=ids[_END],
        eos_token_id=ids[_END],
        pad_token_id=ids[_END],
        decoder_start_token_id=ids[_START],
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    torch.manual_seed(0)
    spec = WhisperLoader().get_model_spec(WhisperForConditionalGeneration(config))
    spec.register_vocabulary(sorted(ids, key=ids.__getitem__))
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [ids[f"<|{tag}|>"] for tag in _LANGUAGES]
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)


def _tokenizer() -> Tokenizer:
    """One token for each byte, and Whisper's own."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: at for at, char in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    own = [_END, _START, *(f"<|{tag}|>" for tag in _LANGUAGES), "<|translate|>", "<|transcribe|>"]
    own += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    own += [f"<|{at * 0.02:.2f}|>" for at in range(1501)]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in own])
    return tokenizer
